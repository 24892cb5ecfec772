// An HTTP/1.1 client over any network: one connection kept alive, one request at a time.
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

    // Dials again when the server closed the kept connection. Fails with what broke, or timed_out
    // after 30 seconds. The client must outlive the call.
    [[nodiscard]] boost::asio::awaitable<result<HttpAnswer>> send(HttpRequest request);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace drydock
