#include "server/app/front_door.h"

#include "server/net/sniff.h"

#include <array>
#include <chrono>

namespace drydock {

namespace {

// From accept to the first five bytes, the TLS handshake included (N5).
constexpr auto k_first_bytes_deadline = std::chrono::seconds(10);
constexpr std::size_t k_first_bytes_max = 512;

}  // namespace

struct FrontDoor::Visitor final : HasDeadline {
    Visitor(FrontDoor& owner, std::uint64_t number, StreamPtr its_stream, ConnectionKind its_kind)
        : door(owner), id(number), stream(std::move(its_stream)), kind(its_kind) {}
    void on_deadline() override { door.show_out(id); }

    FrontDoor& door;
    std::uint64_t id;
    StreamPtr stream;
    ConnectionKind kind;
    Bytes got;
};

FrontDoor::FrontDoor(Loop& loop, DeviceEdge& devices, HttpServer& http)
    : loop_(loop), devices_(devices), http_(http), deadlines_(loop.clock), self_(std::make_shared<FrontDoor*>(this)) {}

FrontDoor::~FrontDoor() { *self_ = nullptr; }

void FrontDoor::accept_plain(StreamPtr stream) { accept(std::move(stream), ConnectionKind::plain); }

void FrontDoor::accept_tls(StreamPtr stream, std::shared_ptr<TlsContext> const& context) {
    accept(tls_accept(context, std::move(stream)), ConnectionKind::tls);
}

void FrontDoor::close_all() { visitors_.clear(); }

void FrontDoor::accept(StreamPtr stream, ConnectionKind kind) {
    std::uint64_t const id = ++last_;
    auto visitor = std::make_unique<Visitor>(*this, id, std::move(stream), kind);
    deadlines_.set(*visitor, loop_.clock.now() + k_first_bytes_deadline);
    visitors_.emplace(id, std::move(visitor));
    listen_to(id);
}

void FrontDoor::listen_to(std::uint64_t id) {
    auto on_ready = [door = self_, id](error_code ec) {
        if (*door != nullptr) { (*door)->on_readable(id, ec); }
    };
    visitors_.at(id)->stream->wait_readable(std::move(on_ready));
}

void FrontDoor::on_readable(std::uint64_t id, error_code ec) {
    auto const found = visitors_.find(id);
    if (found == visitors_.end()) { return; }
    if (ec) { return show_out(id); }
    Visitor& visitor = *found->second;
    std::array<std::byte, k_first_bytes_max> chunk;
    auto const got = visitor.stream->read_some(chunk);
    if (!got) {
        if (is_would_block(got.error())) { return listen_to(id); }
        return show_out(id);
    }
    visitor.got.insert(visitor.got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*got));
    Protocol const protocol = sniff(visitor.got);
    if (protocol == Protocol::undecided) { return listen_to(id); }
    auto const leaving = std::move(found->second);
    visitors_.erase(found);
    deadlines_.drop(*leaving);
    switch (protocol) {
        case Protocol::device: devices_.accept(std::move(leaving->stream), std::move(leaving->got)); break;
        case Protocol::http: http_.serve(std::move(leaving->stream), std::move(leaving->got), leaving->kind); break;
        default: leaving->stream->close(); break;  // nothing here speaks it
    }
}

void FrontDoor::show_out(std::uint64_t id) {
    auto const found = visitors_.find(id);
    if (found == visitors_.end()) { return; }
    found->second->stream->close();
    visitors_.erase(found);
}

}  // namespace drydock
