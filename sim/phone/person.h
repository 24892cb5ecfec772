// A person with a phone or a browser: signs in, then calls the cloud's API with his session.
#pragma once

#include "sim/phone/http_client.h"

#include <boost/json/value.hpp>

#include <string>

namespace drydock {

struct JsonAnswer {
    unsigned status = 0;
    boost::json::value json;  // null when the body is no JSON
    std::string body;
};
using Result = result<JsonAnswer>;

class Person {
public:
    Person(Loop& loop, Dialer& dialer, Address address, std::shared_ptr<TlsContext> tls, std::string tls_host)
        : client_(loop, dialer, std::move(address), std::move(tls), std::move(tls_host)) {}

    // Keeps the session when the answer is 201; fails with protocol_error when that has none.
    [[nodiscard]] boost::asio::awaitable<Result> sign_in(std::string email, std::string password);
    // A null body sends none.
    [[nodiscard]] boost::asio::awaitable<Result> call(std::string method, std::string target,
                                                      boost::json::value body = boost::json::value());
    [[nodiscard]] boost::asio::awaitable<Result> send_text(std::string method, std::string target,
                                                           std::string content_type, std::string body);

private:
    HttpClient client_;
    std::string session_;
};

}  // namespace drydock
