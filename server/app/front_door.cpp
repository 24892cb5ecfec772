#include "server/app/front_door.h"

#include "server/base/check.h"

#include <array>
#include <chrono>
#include <iterator>
#include <utility>

namespace drydock {

namespace {

// From accept to the first five bytes, the TLS handshake included (N5).
constexpr auto k_first_bytes_deadline = std::chrono::seconds(10);
constexpr auto k_pressed_handshake = std::chrono::seconds(5);  // while others wait for a place
// When somebody has waited for so long, the queue is longer than the patience of those in it will be.
constexpr auto k_long_wait = std::chrono::seconds(2);
// Too little of the deadline is left for a handshake.
constexpr auto k_too_long_wait = k_first_bytes_deadline - std::chrono::seconds(1);
constexpr int k_drops_per_turn = 256;
constexpr std::size_t k_first_bytes_max = 512;

}  // namespace

struct FrontDoor::Visitor final : HasDeadline {
    Visitor(FrontDoor& owner, StreamPtr its_stream, ConnectionKind its_kind)
        : door(owner), stream(std::move(its_stream)), kind(its_kind) {}
    void on_deadline() override { door.show_out(*this); }
    void on_readable() { door.on_readable(*this); }

    FrontDoor& door;
    StreamPtr stream;
    ConnectionKind kind;
    Visitors* where = nullptr;
    Visitors::iterator place;
    TimePoint since{};                    // in this list
    std::shared_ptr<TlsContext> context;  // only while waiting
    Bytes got;                            // only while undecided
};

FrontDoor::FrontDoor(Loop& loop, DeviceEdge& devices, HttpServer& http, DoorLimits limits)
    : loop_(loop), devices_(devices), http_(http), limits_(limits), deadlines_(loop.clock) {
    DRYDOCK_CHECK(limits_.handshakes_max > 0 && limits_.waiting_max > 0);
}

FrontDoor::~FrontDoor() { loop_.clock.cancel(later_); }

FrontDoor::Visitor& FrontDoor::welcome(Visitors& where, StreamPtr stream, ConnectionKind kind) {
    Visitor& visitor = where.emplace_back(*this, std::move(stream), kind);
    visitor.where = &where;
    visitor.place = std::prev(where.end());
    visitor.since = loop_.clock.now();
    deadlines_.set(visitor, visitor.since + k_first_bytes_deadline);
    listen_to(visitor);
    return visitor;
}

// Most have brought their first bytes, and need no place to wait for them.
void FrontDoor::accept_plain(StreamPtr stream, Arrival arrival) {
    Bytes got;
    if (arrival == Arrival::among_few) {
        std::array<std::byte, k_first_bytes_max> chunk;
        auto const count = stream->read_some(chunk);
        if (!count && !is_would_block(count.error())) {
            ++figures_.unspoken;
            return;
        }
        BytesView const bytes = BytesView(chunk).first(count ? *count : 0);
        Protocol const protocol = sniff(bytes);
        if (protocol != Protocol::undecided) {
            return introduce(std::move(stream), protocol, bytes, ConnectionKind::plain);
        }
        got.assign(bytes.begin(), bytes.end());
    }
    welcome(plain_, std::move(stream), ConnectionKind::plain).got = std::move(got);
}

void FrontDoor::accept_tls(StreamPtr stream, std::shared_ptr<TlsContext> const& context) {
    press_oldest();
    if (handshaking_.size() >= limits_.handshakes_max && waiting_.size() >= limits_.waiting_max && !make_room()) {
        ++figures_.refused;
        return stream->close();
    }
    welcome(waiting_, std::move(stream), ConnectionKind::tls).context = context;
    fill_places();
}

// Whoever holds a place for long while others wait gives it up.
void FrontDoor::press_oldest() {
    if (handshaking_.size() < limits_.handshakes_max) { return; }
    Visitor& oldest = handshaking_.front();
    if (loop_.clock.now() - oldest.since >= k_pressed_handshake) { show_out(oldest); }
}

// Who came last has the most patience left.
bool FrontDoor::make_room() {
    Visitor& oldest = waiting_.front();
    if (!oldest.stream->has_ended() && !has_waited_long(oldest)) { return false; }
    drop(oldest);
    return true;
}

void FrontDoor::fill_places() {
    for (int drops = 0; handshaking_.size() < limits_.handshakes_max && !waiting_.empty();) {
        Visitor& next = next_in_turn();
        if (!is_too_late(next)) {
            begin_handshake(next);
        } else if (++drops <= k_drops_per_turn) {
            drop(next);
        } else {
            return fill_later();
        }
    }
}

// Thousands who gave up at one instant are not closed in one turn.
void FrontDoor::fill_later() {
    if (later_ != 0) { return; }
    later_ = loop_.clock.call_at(loop_.clock.now(), [this] {
        later_ = 0;
        fill_places();
    });
}

FrontDoor::Visitor& FrontDoor::next_in_turn() {
    return has_waited_long(waiting_.front()) ? waiting_.back() : waiting_.front();
}

bool FrontDoor::has_waited_long(Visitor const& visitor) const {
    return loop_.clock.now() - visitor.since >= k_long_wait;
}

// A handshake with them would be work for nobody.
bool FrontDoor::is_too_late(Visitor const& visitor) const {
    return visitor.stream->has_ended() || loop_.clock.now() - visitor.since >= k_too_long_wait;
}

void FrontDoor::drop(Visitor& visitor) {
    ++figures_.refused;
    waiting_.erase(visitor.place);
}

void FrontDoor::begin_handshake(Visitor& visitor) {
    handshaking_.splice(handshaking_.end(), waiting_, visitor.place);
    visitor.where = &handshaking_;
    visitor.since = loop_.clock.now();
    visitor.stream = tls_accept(std::move(visitor.context), std::move(visitor.stream));
    listen_to(visitor);
}

void FrontDoor::leave(Visitor& visitor) {
    Visitors& where = *visitor.where;
    where.erase(visitor.place);
    fill_places();
}

void FrontDoor::close_all() {
    waiting_.clear();
    handshaking_.clear();
    plain_.clear();
}

DoorFigures FrontDoor::figures() const {
    DoorFigures now = figures_;
    now.handshakes = handshaking_.size();
    now.waiting = waiting_.size();
    return now;
}

void FrontDoor::listen_to(Visitor& visitor) { visitor.stream->wait_readable(on_ready<&Visitor::on_readable>(visitor)); }

void FrontDoor::on_readable(Visitor& visitor) {
    // His handshake reads it; he was listened to so that his leaving is noticed.
    if (visitor.where == &waiting_) { return; }
    std::array<std::byte, k_first_bytes_max> chunk;
    auto const got = visitor.stream->read_some(chunk);
    if (!got) {
        if (is_would_block(got.error())) { return listen_to(visitor); }
        return show_out(visitor);
    }
    BytesView bytes = BytesView(chunk).first(*got);
    bool const is_first = visitor.got.empty();
    Protocol protocol = sniff(bytes);
    if (!is_first || protocol == Protocol::undecided) {
        visitor.got.insert(visitor.got.end(), bytes.begin(), bytes.end());
        bytes = visitor.got;
        protocol = sniff(bytes);
    }
    if (protocol == Protocol::undecided) { return listen_to(visitor); }
    Bytes const kept = std::move(visitor.got);  // keeps its storage, so `bytes` stays good
    StreamPtr stream = std::move(visitor.stream);
    ConnectionKind const kind = visitor.kind;
    leave(visitor);
    introduce(std::move(stream), protocol, bytes, kind);
}

void FrontDoor::introduce(StreamPtr stream, Protocol protocol, BytesView first_bytes, ConnectionKind kind) {
    switch (protocol) {
        case Protocol::device: return devices_.accept(std::move(stream), first_bytes);
        case Protocol::http: return http_.serve(std::move(stream), Bytes(first_bytes.begin(), first_bytes.end()), kind);
        default: break;  // nothing here speaks it
    }
    ++figures_.unspoken;
    stream->close();
}

void FrontDoor::show_out(Visitor& visitor) {
    ++(visitor.where == &waiting_ ? figures_.refused : figures_.unspoken);
    leave(visitor);
}

}  // namespace drydock
