// An HTTP/1.1 client over any network: one connection kept alive. A call that begins while another one is under
// way has a connection of its own.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace drydock {

struct HttpRequest {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string content_type;

    HttpRequest(std::string its_method, std::string its_target)
        : method(std::move(its_method)), target(std::move(its_target)) {}
};

struct HttpAnswer {
    unsigned status = 0;
    std::string body;
};

class HttpClient {
public:
    HttpClient(Loop& loop, Dialer& dialer, Address address, std::shared_ptr<TlsContext> tls, std::string tls_host);
    ~HttpClient();
    HttpClient(HttpClient const&) = delete;
    HttpClient& operator=(HttpClient const&) = delete;

    // Sent once. Only a GET or HEAD that a server left unanswered on a kept connection is sent once more: of all
    // else nobody knows whether it was done. Fails with what broke, or operation_aborted after 30 seconds. A client
    // that goes away takes its calls along: they never come back.
    [[nodiscard]] boost::asio::awaitable<result<HttpAnswer>> send(HttpRequest request);

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace drydock
