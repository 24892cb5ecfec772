// The door of the cloud: takes every accepted connection, reads its first bytes and hands it to
// the device edge or the HTTP server. A visitor that stays silent is shown out. Loop thread only.
#pragma once

#include "server/base/deadlines.h"
#include "server/base/loop.h"
#include "server/device/device_edge.h"
#include "server/http/http_server.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <list>
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
    void listen_to(Visitor& visitor);
    void on_readable(Visitor& visitor);
    void show_out(Visitor& visitor);

    Loop& loop_;
    DeviceEdge& devices_;
    HttpServer& http_;
    Deadlines deadlines_;
    std::list<Visitor> visitors_;
};

}  // namespace drydock
