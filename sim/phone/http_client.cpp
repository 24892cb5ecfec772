#include "sim/phone/http_client.h"

#include "server/net/any_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <memory>

namespace drydock {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto k_patience = std::chrono::seconds(30);
constexpr std::uint64_t k_body_bytes_max = 16ULL << 20U;
constexpr auto k_tuple = asio::as_tuple(asio::use_awaitable);

// Ordinary function: no capturing lambda inside a coroutine (g++ 12).
auto async_connect(Dialer& dialer, Address address) {
    auto start = [&dialer, address](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        dialer.connect(address, [shared](result<StreamPtr> connected) {
            auto carried = std::make_shared<result<StreamPtr>>(std::move(connected));
            (*shared)(carried);
        });
    };
    return asio::async_initiate<asio::use_awaitable_t<> const, void(std::shared_ptr<result<StreamPtr>>)>(
        start, asio::use_awaitable);
}

}  // namespace

struct HttpClient::State {
    State(Loop& its_loop, Dialer& its_dialer, Address its_address, std::shared_ptr<TlsContext> its_tls,
          std::string its_host)
        : loop(its_loop),
          dialer(its_dialer),
          address(std::move(its_address)),
          tls(std::move(its_tls)),
          host(std::move(its_host)) {}

    Loop& loop;
    Dialer& dialer;
    Address address;
    std::shared_ptr<TlsContext> tls;
    std::string host;
    std::unique_ptr<AnyStream> stream;
    boost::beast::flat_buffer buffer;
    Clock::TimerId watchdog = 0;

    // Ends a call that takes too long by closing its stream.
    void watch() {
        watchdog = loop.clock.call_at(loop.clock.now() + k_patience, [this] {
            watchdog = 0;
            if (stream) { stream->close(); }
        });
    }
    void unwatch() {
        loop.clock.cancel(watchdog);
        watchdog = 0;
    }

    asio::awaitable<error_code> dial() {
        buffer.clear();
        stream.reset();
        auto const connected = co_await async_connect(dialer, address);
        if (!*connected) { co_return connected->error(); }
        StreamPtr raw = std::move(**connected);
        if (tls) { raw = tls_connect(tls, std::move(raw), host); }
        stream = std::make_unique<AnyStream>(std::move(raw));
        co_return error_code{};
    }

    asio::awaitable<error_code> exchange(http::request<http::string_body> const& request, HttpAnswer& answer) {
        auto const [write_failure, written] = co_await http::async_write(*stream, request, k_tuple);
        if (write_failure) { co_return write_failure; }
        http::response_parser<http::string_body> parser;
        parser.body_limit(k_body_bytes_max);
        auto const [read_failure, got] = co_await http::async_read(*stream, buffer, parser, k_tuple);
        if (read_failure) { co_return read_failure; }
        answer.status = parser.get().result_int();
        answer.body = std::move(parser.get().body());
        if (!parser.get().keep_alive()) { stream.reset(); }
        co_return error_code{};
    }
};

HttpClient::HttpClient(Loop& loop, Dialer& dialer, Address address, std::shared_ptr<TlsContext> tls,
                       std::string tls_host)
    : state_(std::make_unique<State>(loop, dialer, std::move(address), std::move(tls), std::move(tls_host))) {}

HttpClient::~HttpClient() { state_->unwatch(); }

asio::awaitable<result<HttpAnswer>> HttpClient::send(HttpRequest request) {
    http::request<http::string_body> message;
    message.method_string(request.method);
    message.target(request.target);
    message.version(11);
    message.set(http::field::host, state_->tls ? state_->host : state_->address.host);
    for (auto const& [name, value] : request.headers) { message.set(name, value); }
    if (!request.content_type.empty()) { message.set(http::field::content_type, request.content_type); }
    message.body() = std::move(request.body);
    message.prepare_payload();
    HttpAnswer answer;
    error_code failure;
    state_->watch();
    bool const is_kept = state_->stream != nullptr;
    if (is_kept) { failure = co_await state_->exchange(message, answer); }
    // A kept connection may have been closed meanwhile; a fresh one gets the request once more only
    // if no byte of an answer came.
    if (!is_kept || (failure && answer.status == 0)) {
        failure = co_await state_->dial();
        if (!failure) { failure = co_await state_->exchange(message, answer); }
    }
    state_->unwatch();
    if (failure) {
        state_->stream.reset();
        co_return failure;
    }
    co_return answer;
}

}  // namespace drydock
