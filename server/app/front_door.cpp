#include "server/app/front_door.h"

#include "server/base/check.h"
#include "server/net/sniff.h"

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
    DRYDOCK_CHECK(limits_.handshakes_max > 0);
}

FrontDoor::~FrontDoor() = default;

FrontDoor::Visitor& FrontDoor::welcome(Visitors& where, StreamPtr stream, ConnectionKind kind) {
    Visitor& visitor = where.emplace_back(*this, std::move(stream), kind);
    visitor.where = &where;
    visitor.place = std::prev(where.end());
    visitor.since = loop_.clock.now();
    deadlines_.set(visitor, visitor.since + k_first_bytes_deadline);
    return visitor;
}

void FrontDoor::accept_plain(StreamPtr stream) { listen_to(welcome(plain_, std::move(stream), ConnectionKind::plain)); }

void FrontDoor::accept_tls(StreamPtr stream, std::shared_ptr<TlsContext> const& context) {
    if (waiting_.size() >= limits_.waiting_max) { drop_who_left(); }
    bool const has_room = handshaking_.size() < limits_.handshakes_max || waiting_.size() < limits_.waiting_max;
    if (has_room) {
        welcome(waiting_, std::move(stream), ConnectionKind::tls).context = context;
    } else {
        ++figures_.refused;
        stream->close();
    }
    press_oldest();
    fill_places();
}

// Whoever holds a place for long while others wait gives it up.
void FrontDoor::press_oldest() {
    if (handshaking_.size() < limits_.handshakes_max) { return; }
    Visitor& oldest = handshaking_.front();
    if (loop_.clock.now() - oldest.since >= k_pressed_handshake) { show_out(oldest); }
}

void FrontDoor::fill_places() {
    while (handshaking_.size() < limits_.handshakes_max) {
        drop_who_left();
        if (waiting_.empty()) { return; }
        begin_handshake(next_in_turn());
    }
}

// A handshake with them would be work for nobody.
void FrontDoor::drop_who_left() {
    while (!waiting_.empty() && waiting_.front().stream->has_ended()) {
        ++figures_.refused;
        waiting_.pop_front();
    }
}

FrontDoor::Visitor& FrontDoor::next_in_turn() {
    Visitor& oldest = waiting_.front();
    return loop_.clock.now() - oldest.since >= k_long_wait ? waiting_.back() : oldest;
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
    switch (protocol) {
        case Protocol::device: return devices_.accept(std::move(stream), bytes);
        case Protocol::http: return http_.serve(std::move(stream), Bytes(bytes.begin(), bytes.end()), kind);
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
