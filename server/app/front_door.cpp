#include "server/app/front_door.h"

#include "server/net/sniff.h"

#include <array>
#include <chrono>
#include <iterator>
#include <utility>

namespace drydock {

namespace {

// From accept to the first five bytes, the TLS handshake included (N5).
constexpr auto k_first_bytes_deadline = std::chrono::seconds(10);
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
    std::list<Visitor>::iterator place;
    Bytes got;  // only while undecided
};

FrontDoor::FrontDoor(Loop& loop, DeviceEdge& devices, HttpServer& http)
    : loop_(loop), devices_(devices), http_(http), deadlines_(loop.clock) {}

FrontDoor::~FrontDoor() = default;

void FrontDoor::accept_plain(StreamPtr stream) { accept(std::move(stream), ConnectionKind::plain); }

void FrontDoor::accept_tls(StreamPtr stream, std::shared_ptr<TlsContext> const& context) {
    accept(tls_accept(context, std::move(stream)), ConnectionKind::tls);
}

void FrontDoor::close_all() { visitors_.clear(); }

void FrontDoor::accept(StreamPtr stream, ConnectionKind kind) {
    Visitor& visitor = visitors_.emplace_back(*this, std::move(stream), kind);
    visitor.place = std::prev(visitors_.end());
    deadlines_.set(visitor, loop_.clock.now() + k_first_bytes_deadline);
    listen_to(visitor);
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
    visitors_.erase(visitor.place);
    switch (protocol) {
        case Protocol::device: return devices_.accept(std::move(stream), bytes);
        case Protocol::http: return http_.serve(std::move(stream), Bytes(bytes.begin(), bytes.end()), kind);
        default: return stream->close();  // nothing here speaks it
    }
}

void FrontDoor::show_out(Visitor& visitor) { visitors_.erase(visitor.place); }

}  // namespace drydock
