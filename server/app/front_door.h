// The door of the cloud: takes every accepted connection, reads its first bytes and hands it to
// the device edge or the HTTP server. A visitor that stays silent is shown out. Loop thread only.
#pragma once

#include "server/base/deadlines.h"
#include "server/base/loop.h"
#include "server/device/device_edge.h"
#include "server/http/http_server.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <cstdint>
#include <map>
#include <memory>

namespace drydock {

class FrontDoor {
public:
    FrontDoor(Loop& loop, DeviceEdge& devices, HttpServer& http);
    ~FrontDoor();

    void accept_plain(StreamPtr stream);
    void accept_tls(StreamPtr stream, std::shared_ptr<TlsContext> const& context);
    void close_all();

private:
    struct Visitor;
    void accept(StreamPtr stream, ConnectionKind kind);
    void listen_to(std::uint64_t id);
    void on_readable(std::uint64_t id, error_code ec);
    void show_out(std::uint64_t id);

    Loop& loop_;
    DeviceEdge& devices_;
    HttpServer& http_;
    Deadlines deadlines_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::unique_ptr<Visitor>> visitors_;
    // Handlers of streams that outlive the door look here first.
    std::shared_ptr<FrontDoor*> self_;
};

}  // namespace drydock
