#include "sim/phone/person.h"

#include <boost/json.hpp>
#include <boost/system/errc.hpp>

namespace drydock {

boost::asio::awaitable<Result> Person::sign_in(std::string email, std::string password) {
    boost::json::value const body{{"email", email}, {"password", password}, {"deliver", "bearer"}};
    session_.clear();
    auto answer = co_await call("POST", "/api/v1/sessions", body);
    if (answer && answer->status == 201) {
        // Another server may stand behind the address.
        auto const* object = answer->json.if_object();
        auto const* session = object == nullptr ? nullptr : object->if_contains("session");
        if (session == nullptr || !session->is_string()) {
            co_return make_error_code(boost::system::errc::protocol_error);
        }
        session_ = session->as_string().c_str();
    }
    co_return answer;
}

boost::asio::awaitable<Result> Person::call(std::string method, std::string target, boost::json::value body) {
    std::string const text = body.is_null() ? std::string() : boost::json::serialize(body);
    std::string const type = body.is_null() ? std::string() : std::string("application/json");
    auto answer = co_await send_text(std::move(method), std::move(target), type, text);
    co_return answer;
}

boost::asio::awaitable<Result> Person::send_text(std::string method, std::string target, std::string content_type,
                                                 std::string body) {
    HttpRequest request(std::move(method), std::move(target));
    request.content_type = std::move(content_type);
    request.body = std::move(body);
    if (!session_.empty()) { request.headers.emplace_back("Authorization", "Bearer " + session_); }
    auto answer = co_await client_.send(std::move(request));
    if (!answer) { co_return answer.error(); }
    JsonAnswer parsed;
    parsed.status = answer->status;
    error_code no_json;
    parsed.json = boost::json::parse(answer->body, no_json);
    if (no_json) { parsed.json = nullptr; }
    parsed.body = std::move(answer->body);
    co_return parsed;
}

}  // namespace drydock
