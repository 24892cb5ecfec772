// The door of the cloud: takes every accepted connection, reads its first bytes and hands it to
// the device edge or the HTTP server. A visitor that stays silent is shown out. Only so many TLS
// handshakes go on at a time; the next ones wait as bare connections, and beyond that are closed at
// once, so that a storm costs bounded memory and those inside get through. Once somebody has waited two
// seconds the newest come first, and in a full queue he makes room for them: in turn, everybody would be
// served just when his patience ends. Loop thread only.
#pragma once

#include "server/base/deadlines.h"
#include "server/base/loop.h"
#include "server/base/spare_blocks.h"
#include "server/device/device_edge.h"
#include "server/http/http_server.h"
#include "server/net/sniff.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

namespace drydock {

struct DoorLimits {
    std::size_t handshakes_max = 512;
    std::size_t waiting_max = 16'384;
};

struct DoorFigures {
    std::size_t handshakes = 0;  // going on: from the accept to the first bytes inside
    std::size_t waiting = 0;     // for their turn
    std::uint64_t refused = 0;   // had no handshake: too many waited, or they left or were late before their turn
    std::uint64_t unspoken = 0;  // closed without a first byte anybody here speaks
};

class FrontDoor {
public:
    FrontDoor(Loop& loop, DeviceEdge& devices, HttpServer& http, DoorLimits limits);
    ~FrontDoor();

    void accept_plain(StreamPtr stream, Arrival arrival);
    void accept_tls(StreamPtr stream, std::shared_ptr<TlsContext> const& context);
    void close_all();
    [[nodiscard]] DoorFigures figures() const;

private:
    struct Visitor;
    using Visitors = std::list<Visitor, RecyclingAllocator<Visitor>>;
    Visitor& welcome(Visitors& where, StreamPtr stream, ConnectionKind kind);
    void begin_handshake(Visitor& visitor);
    void listen_to(Visitor& visitor);
    void on_readable(Visitor& visitor);
    // Hands him to whoever speaks it.
    void introduce(StreamPtr stream, Protocol protocol, BytesView first_bytes, ConnectionKind kind);
    void show_out(Visitor& visitor);
    // Ends a visit.
    void leave(Visitor& visitor);
    void press_oldest();
    // In a full queue. False when nobody in it has waited long.
    [[nodiscard]] bool make_room();
    // Gives the places that are free to those who wait.
    void fill_places();
    void fill_later();
    void drop(Visitor& visitor);
    [[nodiscard]] Visitor& next_in_turn();
    [[nodiscard]] bool has_waited_long(Visitor const& visitor) const;
    [[nodiscard]] bool is_too_late(Visitor const& visitor) const;

    Loop& loop_;
    DeviceEdge& devices_;
    HttpServer& http_;
    DoorLimits limits_;
    DoorFigures figures_;
    Deadlines deadlines_;
    Visitors plain_;
    Visitors handshaking_;  // in the order they began
    Visitors waiting_;      // in the order they came
    Clock::TimerId later_ = 0;
};

}  // namespace drydock
