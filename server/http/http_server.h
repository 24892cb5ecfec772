// The HTTP side of the cloud: JSON API, its OpenAPI document, the page of figures. Composition of the pieces of this
// room; connections arrive from the front door. Loop thread only.
#pragma once

#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/domain/live_sessions.h"
#include "server/domain/store.h"
#include "server/http/password.h"
#include "server/net/stream.h"
#include "server/token/vault.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

namespace drydock {

enum class ConnectionKind { plain, tls };

class OpenMetrics;

struct HttpOptions {
    PasswordCost password_cost{19456, 2, 1};  // 19 MiB, two passes: about 36 ms of one core
    // With more, the longest idle one is closed; with none idle, a new one hears 503.
    std::size_t connections_max = 4096;
    // Writes the figures of the whole cloud; without it there are none.
    std::function<void(OpenMetrics&)> metrics;
};

struct HttpFigures {
    std::array<std::uint64_t, 5> answers{};  // by the first digit of the status, from 1 to 5
    std::size_t connections = 0;
};

class HttpServer {
public:
    HttpServer(Loop& loop, Store& store, Vault const& vault, LiveSessions& sessions, EventLog& events,
               HttpOptions options);
    ~HttpServer();

    // Takes a connection whose first bytes were read already.
    void serve(StreamPtr stream, Bytes first_bytes, ConnectionKind kind);
    // No new requests: idle connections are closed, a request whose handler runs is answered, one that
    // still arrives hears 503. `then` is called once, later on the loop, when no connection is left.
    void drain(std::function<void()> then);
    void close_all();
    [[nodiscard]] HttpFigures figures() const;

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace drydock
