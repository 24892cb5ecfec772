#include "server/net/tcp.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace drydock {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, asio::any_io_executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::any_io_executor>;

constexpr int k_backlog = 4096;
constexpr auto k_full_table_wait = std::chrono::milliseconds(100);

result<tcp::endpoint> endpoint_of(Address const& address) {
    error_code ec;
    std::string const host = address.host == "localhost" ? "127.0.0.1" : address.host;
    auto const ip = asio::ip::make_address(host, ec);
    if (ec) { return ec; }
    return tcp::endpoint(ip, address.port);
}

class TcpStream final : public Stream {
public:
    explicit TcpStream(Socket socket) : socket_(std::move(socket)) {
        error_code ignored;
        socket_.non_blocking(true, ignored);
        socket_.set_option(tcp::no_delay(true), ignored);
    }

    result<std::size_t> read_some(std::span<std::byte> into) override {
        error_code ec;
        std::size_t const got = socket_.read_some(asio::buffer(into.data(), into.size()), ec);
        if (ec) { return ec; }
        return got;
    }

    result<std::size_t> write_some(BytesView from) override {
        error_code ec;
        std::size_t const put = socket_.write_some(asio::buffer(from.data(), from.size()), ec);
        if (ec) { return ec; }
        return put;
    }

    void wait_readable(ReadyHandler handler) override { socket_.async_wait(Socket::wait_read, std::move(handler)); }
    void wait_writable(ReadyHandler handler) override { socket_.async_wait(Socket::wait_write, std::move(handler)); }

    void shutdown_send() override {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }

    void close() override {
        error_code ignored;
        socket_.close(ignored);
    }

    [[nodiscard]] Address peer() const override {
        error_code ec;
        auto const endpoint = socket_.remote_endpoint(ec);
        return ec ? Address{} : Address{endpoint.address().to_string(), endpoint.port()};
    }

    [[nodiscard]] asio::any_io_executor executor() override { return socket_.get_executor(); }

private:
    Socket socket_;
};

class TcpListener final : public Listener {
public:
    TcpListener(Loop& loop, Acceptor acceptor) : state_(std::make_shared<State>(loop, std::move(acceptor))) {}
    ~TcpListener() override { close(); }

    void start(OnAccept on_accept) override {
        state_->on_accept = std::move(on_accept);
        State::wait(state_);
    }
    void close() override {
        error_code ignored;
        state_->acceptor.close(ignored);
        state_->is_closed = true;
    }
    [[nodiscard]] Address address() const override {
        error_code ec;
        auto const endpoint = state_->acceptor.local_endpoint(ec);
        return ec ? Address{} : Address{endpoint.address().to_string(), endpoint.port()};
    }

private:
    struct State {
        State(Loop& its_loop, Acceptor its_acceptor) : loop(its_loop), acceptor(std::move(its_acceptor)) {}

        static void wait(std::shared_ptr<State> const& self) {
            self->acceptor.async_wait(Acceptor::wait_read, [self](error_code ec) {
                if (!ec && !self->is_closed) { drain(self); }
            });
        }

        // Takes every waiting connection. With a full descriptor table it waits a moment instead
        // of spinning (P8).
        static void drain(std::shared_ptr<State> const& self) {
            while (!self->is_closed) {
                error_code ec;
                Socket socket(self->acceptor.get_executor());
                self->acceptor.accept(socket, ec);
                if (!ec) {
                    self->on_accept(std::make_unique<TcpStream>(std::move(socket)));
                    continue;
                }
                bool const is_full = ec == asio::error::no_descriptors || ec == asio::error::no_memory ||
                                     ec == asio::error::no_buffer_space || ec.value() == ENFILE;
                if (is_full) {
                    self->loop.clock.call_at(self->loop.clock.now() + k_full_table_wait, [self] {
                        if (!self->is_closed) { drain(self); }
                    });
                    return;
                }
                if (is_would_block(ec)) { break; }
            }
            if (!self->is_closed) { wait(self); }
        }

        Loop& loop;
        Acceptor acceptor;
        OnAccept on_accept;
        bool is_closed = false;
    };

    std::shared_ptr<State> state_;
};

}  // namespace

result<std::unique_ptr<Listener>> TcpNetwork::listen(Address at) {
    auto const endpoint = endpoint_of(at);
    if (!endpoint) { return endpoint.error(); }
    Acceptor acceptor(loop_.executor);
    error_code ec;
    acceptor.open(endpoint->protocol(), ec);
    if (!ec) { acceptor.set_option(tcp::acceptor::reuse_address(true), ec); }
    if (!ec) { acceptor.bind(*endpoint, ec); }
    if (!ec) { acceptor.listen(k_backlog, ec); }
    if (!ec) { acceptor.non_blocking(true, ec); }
    if (ec) { return ec; }
    return std::unique_ptr<Listener>(std::make_unique<TcpListener>(loop_, std::move(acceptor)));
}

void TcpNetwork::connect(Address to, OnConnect then) {
    auto const endpoint = endpoint_of(to);
    if (!endpoint) {
        asio::post(loop_.executor, [then = std::move(then), ec = endpoint.error()] { then(ec); });
        return;
    }
    auto socket = std::make_shared<Socket>(loop_.executor);
    socket->async_connect(*endpoint, [socket, then = std::move(then)](error_code ec) {
        if (ec) { return then(ec); }
        then(StreamPtr(std::make_unique<TcpStream>(std::move(*socket))));
    });
}

}  // namespace drydock
