#include "rig/web/live_server.h"

#include "server/base/niceness.h"
#include "server/base/spawn.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace drydock::rig {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr auto k_tuple = asio::as_tuple(asio::use_awaitable);
constexpr auto k_patience = std::chrono::seconds(15);  // for a request, and for taking an answer
constexpr std::uint32_t k_head_bytes_max = 8 * 1024;
constexpr int k_niceness = 15;

http::response<http::string_body> to_message(LiveAnswer&& answer, bool keep_alive) {
    http::response<http::string_body> message(static_cast<http::status>(answer.status), 11);
    message.set(http::field::content_type, answer.type);
    message.set("X-Content-Type-Options", "nosniff");
    message.set("Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    message.set("Cross-Origin-Resource-Policy", "same-origin");
    message.set("Referrer-Policy", "no-referrer");
    message.set("Cache-Control", "no-store");
    if (answer.status == 405) { message.set(http::field::allow, "GET"); }
    message.keep_alive(keep_alive);
    message.body() = std::move(answer.body);
    message.prepare_payload();
    return message;
}

}  // namespace

struct LiveServer::State {
    explicit State(Answer given) : answer(std::move(given)) {}

    asio::awaitable<void> accept();
    asio::awaitable<void> serve(beast::tcp_stream stream);
    asio::awaitable<bool> one_request(beast::tcp_stream& stream, beast::flat_buffer& buffer);

    Answer answer;
    std::uint16_t port = 0;
    int connections = 0;
    asio::io_context context{1};  // ended before what its coroutines use
    tcp::acceptor acceptor{context};
    std::thread thread;

    std::mutex mutex;  // of the two below
    bool has_reader = false;
    bool has_told = false;
    std::condition_variable told;
};

asio::awaitable<void> LiveServer::State::accept() {
    for (;;) {
        tcp::socket socket(context);
        auto const [failure] = co_await acceptor.async_accept(socket, k_tuple);
        if (failure == asio::error::connection_aborted) { continue; }
        // Out of descriptors, or ending: the run matters more than its page, and trying again at once would cost a
        // core.
        if (failure) { co_return; }
        if (connections >= k_connections_max) { continue; }
        spawn(context.get_executor(), "live view", serve(beast::tcp_stream(std::move(socket))));
    }
}

asio::awaitable<void> LiveServer::State::serve(beast::tcp_stream stream) {
    ++connections;
    beast::flat_buffer buffer(2UL * k_head_bytes_max);
    bool goes_on = true;
    while (goes_on) { goes_on = co_await one_request(stream, buffer); }
    boost::system::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    --connections;
}

// Whether the connection stays.
asio::awaitable<bool> LiveServer::State::one_request(beast::tcp_stream& stream, beast::flat_buffer& buffer) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(k_head_bytes_max);
    parser.body_limit(boost::none);  // no body is read, whatever its head says of it
    stream.expires_after(k_patience);
    auto const [failure, size] = co_await http::async_read_header(stream, buffer, parser, k_tuple);
    if (failure) { co_return false; }
    auto const& head = parser.get();
    // A body is not waited for: whoever sends one is told, and the connection ends.
    bool const has_body = !parser.is_done();
    LiveRequest const request{head.method_string(), head.target(), head[http::field::host]};
    LiveAnswer given = has_body && request.method == "GET" ? LiveAnswer{400, "text/plain", "no body, please\n"}
                                                           : answer(request, port);
    bool const stays = head.keep_alive() && !has_body && given.status == 200;
    bool const is_state = given.is_state;
    bool const is_verdict = given.is_verdict;
    auto message = to_message(std::move(given), stays);
    stream.expires_after(k_patience);
    auto const [unsent, sent] = co_await http::async_write(stream, message, k_tuple);
    if (is_state) {
        std::scoped_lock const lock(mutex);
        has_reader = true;
        has_told |= is_verdict && !unsent;
        told.notify_all();
    }
    co_return stays && !unsent;
}

LiveServer::LiveServer(std::uint16_t port, Answer answer) : state_(std::make_unique<State>(std::move(answer))) {
    tcp::endpoint const wanted(asio::ip::address_v4::loopback(), port);
    boost::system::error_code failure;
    tcp::acceptor& acceptor = state_->acceptor;
    acceptor.open(wanted.protocol(), failure);
    if (!failure) { acceptor.set_option(tcp::acceptor::reuse_address(true), failure); }
    if (!failure) { acceptor.bind(wanted, failure); }
    if (!failure) { acceptor.listen(k_connections_max, failure); }
    if (failure) {
        throw std::runtime_error(fmt::format(
            "the live view cannot listen on 127.0.0.1:{}: {}; choose another port, or 0", port, failure.message()));
    }
    state_->port = acceptor.local_endpoint().port();
    spawn(state_->context.get_executor(), "live view", state_->accept());
    state_->thread = std::thread([state = state_.get()] {
        // The generator comes first: a late one would leave the run without a verdict.
        be_nicer_by(k_niceness);
        state->context.run();
    });
}

LiveServer::~LiveServer() {
    state_->context.stop();
    state_->thread.join();
}

void LiveServer::wait_for_reader(std::chrono::milliseconds patience) {
    std::unique_lock lock(state_->mutex);
    if (!state_->has_reader) { return; }
    state_->told.wait_for(lock, patience, [this] { return state_->has_told; });
}

std::uint16_t LiveServer::port() const { return state_->port; }

}  // namespace drydock::rig
