#include "sim/phone/http_client.h"

#include "server/net/any_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace drydock {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto k_patience = std::chrono::seconds(30);
constexpr auto k_idle_max = std::chrono::seconds(20);
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

namespace {

// Owns its stream: a call under way ends with it. The call itself only points here.
struct Connection {
    Connection(Loop& its_loop, StreamPtr its_stream)
        : loop(its_loop), bytes(its_stream.get()), stream(std::make_unique<AnyStream>(std::move(its_stream))) {}
    ~Connection() { loop.clock.cancel(watchdog); }
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    Loop& loop;
    Stream* bytes;  // inside the stream, to look whether the peer is still there
    std::unique_ptr<AnyStream> stream;
    boost::beast::flat_buffer buffer;
    Clock::TimerId watchdog = 0;
    TimePoint idle_since{};

    // Ends a call that takes too long by closing its stream.
    void watch() {
        watchdog = loop.clock.call_at(loop.clock.now() + k_patience, [this] {
            if (stream) { stream->close(); }
            watchdog = 0;
        });
    }

    // Between two calls the server has nothing to say but that it is gone.
    [[nodiscard]] bool is_open() {
        std::array<std::byte, 1> probe{};
        auto const got = bytes->read_some(probe);
        return !got && is_would_block(got.error());
    }
};

asio::awaitable<error_code> exchange(Connection& connection, http::request<http::string_body> const& request,
                                     HttpAnswer& answer) {
    auto const [write_failure, written] = co_await http::async_write(*connection.stream, request, k_tuple);
    if (write_failure) { co_return write_failure; }
    http::response_parser<http::string_body> parser;
    parser.body_limit(k_body_bytes_max);
    auto const [read_failure, got] = co_await http::async_read(*connection.stream, connection.buffer, parser, k_tuple);
    if (read_failure) { co_return read_failure; }
    answer.status = parser.get().result_int();
    answer.body = std::move(parser.get().body());
    if (!parser.get().keep_alive()) { connection.stream.reset(); }
    co_return error_code{};
}

bool is_safe(std::string const& method) { return method == "GET" || method == "HEAD"; }

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
    bool is_gone = false;
    std::unique_ptr<Connection> kept;
    std::vector<std::unique_ptr<Connection>> busy;

    // The kept connection for a call of its own, or nothing when there is none that is still good.
    Connection* take_kept(bool is_repeatable) {
        if (!kept) { return nullptr; }
        // The server hangs up on the idle. What cannot be repeated does not race against that.
        bool const is_stale = !is_repeatable && loop.clock.now() - kept->idle_since > k_idle_max;
        if (is_stale || !kept->is_open()) {
            kept.reset();
            return nullptr;
        }
        busy.push_back(std::move(kept));
        return busy.back().get();
    }

    void give_back(Connection* connection, bool is_good) {
        auto const found =
            std::find_if(busy.begin(), busy.end(), [connection](auto const& one) { return one.get() == connection; });
        std::unique_ptr<Connection> done = std::move(*found);
        busy.erase(found);
        loop.clock.cancel(done->watchdog);
        done->watchdog = 0;
        if (!is_good || !done->stream || kept) { return; }
        done->idle_since = loop.clock.now();
        kept = std::move(done);
    }
};

namespace {

using State = HttpClient::State;

// The call keeps the state, the state keeps the connection, the connection keeps the call while it waits for bytes:
// ~HttpClient opens the ring. While it dials, only the dialer keeps the call.
asio::awaitable<error_code> on_fresh(std::shared_ptr<State> state, http::request<http::string_body> const& message,
                                     HttpAnswer& answer) {
    auto const connected = co_await async_connect(state->dialer, state->address);
    if (state->is_gone) { co_return asio::error::operation_aborted; }
    if (!*connected) { co_return connected->error(); }
    StreamPtr raw = std::move(**connected);
    if (state->tls) { raw = tls_connect(state->tls, std::move(raw), state->host); }
    state->busy.push_back(std::make_unique<Connection>(state->loop, std::move(raw)));
    Connection* const fresh = state->busy.back().get();
    fresh->watch();
    error_code const failure = co_await exchange(*fresh, message, answer);
    state->give_back(fresh, !failure);
    co_return failure;
}

}  // namespace

HttpClient::HttpClient(Loop& loop, Dialer& dialer, Address address, std::shared_ptr<TlsContext> tls,
                       std::string tls_host)
    : state_(std::make_shared<State>(loop, dialer, std::move(address), std::move(tls), std::move(tls_host))) {}

HttpClient::~HttpClient() {
    state_->is_gone = true;
    state_->kept.reset();
    auto const busy = std::move(state_->busy);
}

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
    auto const state = state_;
    bool const is_repeatable = is_safe(request.method);
    Connection* const kept = state->take_kept(is_repeatable);
    if (kept != nullptr) {
        kept->watch();
        failure = co_await exchange(*kept, message, answer);
        state->give_back(kept, !failure);
    }
    // A server may hang up on a kept connection while the request is on its way. Whether it was done nobody knows:
    // only what changes nothing is asked once more.
    if (kept == nullptr || (failure && is_repeatable)) { failure = co_await on_fresh(state, message, answer); }
    if (failure) { co_return failure; }
    co_return answer;
}

}  // namespace drydock
