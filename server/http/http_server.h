// The HTTP side of the cloud: JSON API and its OpenAPI document. Composition of the pieces of this
// room; connections arrive from the front door. Loop thread only.
#pragma once

#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/domain/live_sessions.h"
#include "server/domain/store.h"
#include "server/http/password.h"
#include "server/net/stream.h"
#include "server/token/vault.h"

#include <memory>

namespace drydock {

enum class ConnectionKind { plain, tls };

struct HttpOptions {
    PasswordCost password_cost{19456, 2, 1};  // 19 MiB, two passes: about 36 ms of one core
};

class HttpServer {
public:
    HttpServer(Loop& loop, Store& store, Vault const& vault, LiveSessions& sessions, EventLog& events,
               HttpOptions options);
    ~HttpServer();

    // Takes a connection whose first bytes were read already.
    void serve(StreamPtr stream, Bytes first_bytes, ConnectionKind kind);
    void close_all();

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace drydock
