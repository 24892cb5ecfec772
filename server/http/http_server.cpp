#include "server/http/http_server.h"

#include "server/base/spawn.h"
#include "server/http/admission.h"
#include "server/http/api.h"
#include "server/http/problem.h"
#include "server/net/any_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace drydock {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto k_tuple = asio::as_tuple(asio::use_awaitable);
constexpr auto k_head_deadline = std::chrono::seconds(10);
constexpr auto k_body_deadline = std::chrono::seconds(30);
constexpr auto k_idle_deadline = std::chrono::seconds(30);
constexpr auto k_answer_deadline = std::chrono::seconds(30);
constexpr auto k_last_requests = std::chrono::milliseconds(200);  // while draining

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            if (auto const byte = from_hex(text.substr(i + 1, 2))) {
                out += static_cast<char>(byte->front());
                i += 2;
                continue;
            }
        }
        out += text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

void split_target(std::string_view target, ApiRequest& request) {
    auto const question = target.find('?');
    request.path = target.substr(0, question);
    if (question == std::string_view::npos) { return; }
    std::string_view rest = target.substr(question + 1);
    while (!rest.empty()) {
        auto const end = rest.find('&');
        std::string_view const pair = rest.substr(0, end);
        auto const equals = pair.find('=');
        std::string value = equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
        request.query.emplace_back(decoded(pair.substr(0, equals)), std::move(value));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
}

std::string cookie_in(std::string_view cookies, std::string_view name) {
    std::string const wanted = std::string(name) + "=";
    while (!cookies.empty()) {
        auto const end = cookies.find(';');
        std::string_view one = cookies.substr(0, end);
        while (one.starts_with(' ')) { one.remove_prefix(1); }
        if (one.starts_with(wanted)) { return std::string(one.substr(wanted.size())); }
        cookies = end == std::string_view::npos ? std::string_view() : cookies.substr(end + 1);
    }
    return {};
}

ApiRequest to_api(http::request<http::string_body>&& message, std::string peer, ConnectionKind kind) {
    ApiRequest request;
    auto const text = [&](std::string_view name) { return std::string(message[name]); };
    request.method = std::string(message.method_string());
    split_target(message.target(), request);
    std::string const authorization = text("Authorization");
    if (authorization.starts_with("Bearer ")) { request.bearer = authorization.substr(7); }
    request.cookie_session = cookie_in(text("Cookie"), "__Host-drydock");
    request.origin = text("Origin");
    request.host = text("Host");
    request.acting_in = text("Drydock-Organization");
    request.idempotency_key = text("Idempotency-Key");
    request.if_match = text("If-Match");
    request.content_type = text("Content-Type");
    request.peer = std::move(peer);
    request.is_tls = kind == ConnectionKind::tls;
    request.body = std::move(message.body());
    return request;
}

http::response<http::string_body> to_message(ApiResponse&& answer, bool keep_alive, bool is_tls) {
    http::response<http::string_body> message(static_cast<http::status>(answer.status), 11);
    if (!answer.body.empty()) { message.set(http::field::content_type, answer.content_type); }
    message.set("X-Content-Type-Options", "nosniff");
    message.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    message.set("Referrer-Policy", "no-referrer");
    message.set("Cache-Control", "no-store");
    if (is_tls) { message.set("Strict-Transport-Security", "max-age=63072000"); }
    for (auto const& [name, value] : answer.headers) { message.insert(name, value); }
    message.keep_alive(keep_alive);
    message.body() = std::move(answer.body);
    message.prepare_payload();
    return message;
}

}  // namespace

namespace {

class Connection;

}  // namespace

struct HttpServer::State {
    State(Loop& loop, Store& store, Vault const& vault, LiveSessions& sessions, EventLog& events, HttpOptions options)
        : api(loop, store, vault, sessions, events, std::move(options)) {}

    void count(unsigned status) {
        std::size_t const index = status / 100;
        if (index >= 1 && index <= answers.size()) { ++answers[index - 1]; }
    }
    void tell_if_drained() {
        if (!is_draining || !connections.empty() || !on_drained) { return; }
        boost::asio::post(api.loop.executor, std::exchange(on_drained, nullptr));
    }

    Api api;
    std::uint64_t last = 0;
    std::map<std::uint64_t, Connection*> connections;
    std::array<std::uint64_t, 5> answers{};
    bool is_draining = false;
    std::function<void()> on_drained;
};

namespace {

// One connection: its stream, its buffer and the one timer that ends it when it is too slow.
class Connection {
public:
    // Whether there is room for it; without, it is told so and closed.
    enum class Place { had, none };

    Connection(std::shared_ptr<HttpServer::State> state, StreamPtr stream, Bytes first_bytes, ConnectionKind kind,
               Place place)
        : state_(std::move(state)),
          stream_(std::move(stream)),
          kind_(kind),
          place_(place),
          number_(++state_->last),
          peer_(stream_.peer().host) {
        auto const room = buffer_.prepare(first_bytes.size());
        asio::buffer_copy(room, asio::buffer(first_bytes));
        buffer_.commit(first_bytes.size());
        state_->connections[number_] = this;
    }
    ~Connection() {
        state_->api.loop.clock.cancel(watchdog_);
        state_->connections.erase(number_);
        state_->tell_if_drained();
    }
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    // Between two requests, with nothing of the next one there.
    [[nodiscard]] bool is_idle() const { return waits_for_head_ && waiting().empty(); }
    void close() { stream_.close(); }
    // A request that is under way to an idle connection still hears that it was not done.
    void end_soon() { watch(k_last_requests); }

    asio::awaitable<void> run() {
        bool goes_on = place_ == Place::had;
        watch(k_head_deadline);
        if (!goes_on) { co_await refuse(fail(cloud_errc::unavailable)); }
        while (goes_on) {
            waits_for_head_ = true;
            bool const is_admitted = co_await head();
            waits_for_head_ = false;
            if (!is_admitted) { break; }
            goes_on = co_await one_request();
        }
        stream_.shutdown_send();
        stream_.close();
    }

private:
    void watch(Duration patience) {
        Clock& clock = state_->api.loop.clock;
        clock.cancel(watchdog_);
        watchdog_ = clock.call_at(clock.now() + patience, [this] {
            watchdog_ = 0;
            stream_.close();
        });
    }

    [[nodiscard]] std::string_view waiting() const {
        auto const data = buffer_.data();
        return {static_cast<char const*>(data.data()), data.size()};
    }

    // Reads until a whole head is there and was admitted. False: the connection ends.
    asio::awaitable<bool> head() {
        Duration const idle = state_->is_draining ? Duration(k_last_requests) : Duration(k_idle_deadline);
        watch(waiting().empty() ? idle : Duration(k_head_deadline));
        for (;;) {
            Admission const admission = admit(waiting());
            if (admission == Admission::admitted) { co_return true; }
            if (admission == Admission::refused) {
                co_await refuse(fail(http_errc::bad_request));
                co_return false;
            }
            bool const was_empty = waiting().empty();
            auto const [failure, got] = co_await stream_.async_read_some(buffer_.prepare(4096), k_tuple);
            if (failure) { co_return false; }
            buffer_.commit(got);
            if (was_empty) { watch(k_head_deadline); }
        }
    }

    asio::awaitable<bool> one_request() {
        watch(k_body_deadline);
        http::request_parser<http::string_body> parser;
        parser.header_limit(k_head_bytes_max + 4);
        parser.body_limit(k_body_bytes_max);
        auto const [failure, got] = co_await http::async_read(stream_, buffer_, parser, k_tuple);
        if (failure == http::error::body_limit) {
            co_await refuse(fail(http_errc::too_large));
            co_return false;
        }
        if (failure) {
            co_await refuse(fail(http_errc::bad_request));
            co_return false;
        }
        // Whoever is told "later" knows that nothing was done.
        if (state_->is_draining) {
            co_await refuse(fail(cloud_errc::unavailable));
            co_return false;
        }
        bool const keep_alive = parser.get().keep_alive();
        watch(k_answer_deadline);
        ApiRequest request = to_api(parser.release(), peer_, kind_);
        Call call(state_->api, std::move(request));
        ApiResponse response = co_await answer(call, routes());
        bool const goes_on = keep_alive && !state_->is_draining;
        bool const is_written = co_await write(std::move(response), goes_on);
        co_return is_written&& goes_on;
    }

    // Says why, half-closes and drains a little, so that the answer survives unread input.
    asio::awaitable<void> refuse(error_code failure) {
        ApiResponse response = problem(failure);
        bool const is_written = co_await write(std::move(response), false);
        if (!is_written) { co_return; }
        stream_.shutdown_send();
        watch(std::chrono::seconds(1));
        std::size_t drained = 0;
        while (drained < 4 * k_body_bytes_max) {
            buffer_.clear();
            auto const [end, got] = co_await stream_.async_read_some(buffer_.prepare(64 * 1024), k_tuple);
            if (end) { break; }
            drained += got;
        }
    }

    asio::awaitable<bool> write(ApiResponse response, bool keep_alive) {
        state_->count(response.status);
        auto message = to_message(std::move(response), keep_alive, kind_ == ConnectionKind::tls);
        auto const [failure, put] = co_await http::async_write(stream_, message, k_tuple);
        co_return !failure;
    }

    std::shared_ptr<HttpServer::State> state_;
    AnyStream stream_;
    ConnectionKind kind_;
    Place place_;
    std::uint64_t number_;
    std::string peer_;
    boost::beast::flat_buffer buffer_{2 * k_body_bytes_max};
    Clock::TimerId watchdog_ = 0;
    bool waits_for_head_ = false;
};

asio::awaitable<void> keep(std::unique_ptr<Connection> connection) { co_await connection->run(); }

}  // namespace

HttpServer::HttpServer(Loop& loop, Store& store, Vault const& vault, LiveSessions& sessions, EventLog& events,
                       HttpOptions options)
    : state_(std::make_shared<State>(loop, store, vault, sessions, events, std::move(options))) {}

HttpServer::~HttpServer() { close_all(); }

void HttpServer::serve(StreamPtr stream, Bytes first_bytes, ConnectionKind kind) {
    auto& connections = state_->connections;
    auto place = Connection::Place::had;
    if (connections.size() >= state_->api.options.connections_max) {
        // By number: the first idle one has been there longest.
        auto const idle =
            std::find_if(connections.begin(), connections.end(), [](auto const& one) { return one.second->is_idle(); });
        if (idle == connections.end()) {
            place = Connection::Place::none;
        } else {
            idle->second->close();
        }
    }
    auto connection = std::make_unique<Connection>(state_, std::move(stream), std::move(first_bytes), kind, place);
    spawn(state_->api.loop.executor, "http connection", keep(std::move(connection)));
}

void HttpServer::drain(std::function<void()> then) {
    state_->is_draining = true;
    state_->on_drained = std::move(then);
    for (auto const& [number, connection] : state_->connections) {
        if (connection->is_idle()) { connection->end_soon(); }
    }
    state_->tell_if_drained();
}

void HttpServer::close_all() {
    for (auto const& [number, connection] : state_->connections) { connection->close(); }
}

HttpFigures HttpServer::figures() const { return {state_->answers, state_->connections.size()}; }

}  // namespace drydock
