#include "server/net/tcp.h"

#include "server/base/spare_blocks.h"
#include "server/net/reactor.h"
#include "server/net/system_calls.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <list>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drydock {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::any_io_executor>;

constexpr int k_backlog = 4096;
constexpr unsigned k_first_source = 0x7f000001;  // 127.0.0.1
constexpr unsigned k_sources_max = 250;
// Then the connections that are open already have their turn.
constexpr int k_accepts_per_turn = 256;
constexpr auto k_full_table_wait = std::chrono::milliseconds(100);

error_code last_error() { return {errno, boost::system::system_category()}; }

result<tcp::endpoint> endpoint_of(Address const& address) {
    error_code ec;
    std::string const host = address.host == "localhost" ? "127.0.0.1" : address.host;
    auto const ip = asio::ip::make_address(host, ec);
    if (ec) { return ec; }
    return tcp::endpoint(ip, address.port);
}

class TcpStream final : public Stream, public Recycled<TcpStream> {
public:
    TcpStream(ReactorPtr reactor, int descriptor) : ready_(std::move(reactor), descriptor) {}

    result<std::size_t> read_some(std::span<std::byte> into) override {
        ssize_t const got = system_call::recv(ready_.descriptor(), into);
        if (got > 0) {
            auto const count = static_cast<std::size_t>(got);
            if (count < into.size()) { ready_.is_drained(); }
            return count;
        }
        if (got == 0) { return error_code(asio::error::eof); }
        error_code const failure = last_error();
        if (is_would_block(failure)) { ready_.is_drained(); }
        return failure;
    }

    result<std::size_t> write_some(BytesView from) override {
        ssize_t const put = system_call::send(ready_.descriptor(), from);
        if (put >= 0) {
            if (static_cast<std::size_t>(put) < from.size()) { ready_.is_full(); }
            return static_cast<std::size_t>(put);
        }
        error_code const failure = last_error();
        if (is_would_block(failure)) { ready_.is_full(); }
        return failure;
    }

    void wait_readable(OnReady then) override { ready_.wait_readable(then); }
    void wait_writable(OnReady then) override { ready_.wait_writable(then); }
    void shutdown_send() override { ::shutdown(ready_.descriptor(), SHUT_WR); }
    void close() override { ready_.close(); }

    [[nodiscard]] Address peer() const override {
        tcp::endpoint endpoint;
        auto length = static_cast<socklen_t>(endpoint.capacity());
        if (::getpeername(ready_.descriptor(), endpoint.data(), &length) != 0) { return {}; }
        endpoint.resize(length);
        return {endpoint.address().to_string(), endpoint.port()};
    }
    [[nodiscard]] asio::any_io_executor executor() override { return ready_.loop().executor; }

    // What became of a connect, once writable. A failed one is told of as an error, too.
    [[nodiscard]] error_code outcome() const {
        if (!ready_.has_ended()) { return {}; }
        int failure = 0;
        socklen_t length = sizeof failure;
        ::getsockopt(ready_.descriptor(), SOL_SOCKET, SO_ERROR, &failure, &length);
        return {failure, boost::system::system_category()};
    }

private:
    Readiness ready_;
};
// Of each open connection: a node of 64 bytes with what malloc adds.
static_assert(sizeof(TcpStream) <= 56);

class TcpListener final : public Listener {
public:
    TcpListener(ReactorPtr reactor, Acceptor acceptor)
        : state_(std::make_shared<State>(std::move(reactor), std::move(acceptor))) {}
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
        State(ReactorPtr its_reactor, Acceptor its_acceptor)
            : reactor(std::move(its_reactor)), acceptor(std::move(its_acceptor)), spare(open_spare()) {}
        ~State() {
            if (spare >= 0) { ::close(spare); }
        }
        State(State const&) = delete;
        State& operator=(State const&) = delete;

        static int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

        static void wait(std::shared_ptr<State> const& self) {
            self->acceptor.async_wait(Acceptor::wait_read, [self](error_code ec) {
                if (!ec && !self->is_closed) { take_all(self); }
            });
        }

        static void take_all(std::shared_ptr<State> const& self) {
            for (int i = 0; i < k_accepts_per_turn && !self->is_closed; ++i) {
                int const descriptor =
                    system_call::accept4(self->acceptor.native_handle(), SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (descriptor >= 0) {
                    self->on_accept(std::make_unique<TcpStream>(self->reactor, descriptor));
                    continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                    return turn_away(self);
                }
                if (is_would_block(last_error())) { break; }
            }
            if (!self->is_closed) { wait(self); }
        }

        // The descriptor table is full (P8): with the spare one a visitor is let in and closed, so
        // that he learns it at once; then a pause, instead of spinning.
        static void turn_away(std::shared_ptr<State> const& self) {
            if (self->spare >= 0) {
                ::close(self->spare);
                int const visitor = ::accept4(self->acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
                if (visitor >= 0) { ::close(visitor); }
                self->spare = open_spare();
            }
            Clock& clock = self->reactor->loop().clock;
            clock.call_at(clock.now() + k_full_table_wait, [self] {
                if (self->spare < 0) { self->spare = open_spare(); }
                if (!self->is_closed) { take_all(self); }
            });
        }

        ReactorPtr reactor;
        Acceptor acceptor;
        OnAccept on_accept;
        int spare;
        bool is_closed = false;
    };

    std::shared_ptr<State> state_;
};

}  // namespace

struct TcpNetwork::State {
    struct Dialing {
        Dialing(State& its_state, int descriptor, OnConnect its_then)
            : state(its_state),
              stream(std::make_unique<TcpStream>(its_state.reactor, descriptor)),
              then(std::move(its_then)) {}

        void on_writable() {
            error_code const failure = stream->outcome();
            auto const call = std::move(then);
            StreamPtr connected = std::move(stream);
            state.dialing.erase(place);
            if (failure) { return call(failure); }
            call(std::move(connected));
        }

        State& state;
        std::unique_ptr<TcpStream> stream;
        OnConnect then;
        std::list<Dialing>::iterator place;
    };

    explicit State(Loop& its_loop) : loop(its_loop), reactor(new Reactor(its_loop)) {}

    void refuse(OnConnect then, error_code failure) {
        asio::post(loop.executor, [then = std::move(then), failure] { then(failure); });
    }

    // The next source in turn. The port is found when the connection is made, so that a port serves
    // one connection to each destination.
    error_code bind_source(int descriptor) {
        int const on = 1;
        ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        tcp::endpoint const from(asio::ip::address_v4(k_first_source + next_source), 0);
        next_source = (next_source + 1) % sources;
        int const bound = ::bind(descriptor, from.data(), static_cast<socklen_t>(from.size()));
        return bound == 0 ? error_code() : last_error();
    }

    Loop& loop;
    ReactorPtr reactor;
    std::list<Dialing> dialing;
    // A fleet connects to the same place again and again.
    result<tcp::endpoint> endpoint_to(Address const& to) {
        if (to != last_to || last_endpoint.port() == 0) {
            auto const endpoint = endpoint_of(to);
            if (!endpoint) { return endpoint.error(); }
            last_to = to;
            last_endpoint = *endpoint;
        }
        return last_endpoint;
    }

    unsigned sources = 1;
    unsigned next_source = 0;
    Address last_to;
    tcp::endpoint last_endpoint;
};

TcpNetwork::TcpNetwork(Loop& loop) : state_(std::make_unique<State>(loop)) {}
TcpNetwork::~TcpNetwork() = default;

result<std::unique_ptr<Listener>> TcpNetwork::listen(Address at) {
    auto const endpoint = endpoint_of(at);
    if (!endpoint) { return endpoint.error(); }
    Acceptor acceptor(state_->loop.executor);
    error_code ec;
    acceptor.open(endpoint->protocol(), ec);
    if (!ec) { acceptor.set_option(tcp::acceptor::reuse_address(true), ec); }
    // Inherited by every accepted socket, which saves a system call for each.
    if (!ec) { acceptor.set_option(tcp::no_delay(true), ec); }
    if (!ec) { acceptor.bind(*endpoint, ec); }
    if (!ec) { acceptor.listen(k_backlog, ec); }
    if (!ec) { acceptor.non_blocking(true, ec); }
    if (ec) { return ec; }
    return std::unique_ptr<Listener>(std::make_unique<TcpListener>(state_->reactor, std::move(acceptor)));
}

void TcpNetwork::spread_sources(unsigned addresses) {
    state_->sources = std::clamp(addresses, 1U, k_sources_max);
    state_->next_source = 0;
}

void TcpNetwork::connect(Address to, OnConnect then) {
    auto const endpoint = state_->endpoint_to(to);
    if (!endpoint) { return state_->refuse(std::move(then), endpoint.error()); }
    int const family = endpoint->protocol().family();
    int const descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) { return state_->refuse(std::move(then), last_error()); }
    int const on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (state_->sources > 1 && endpoint->address().is_v4() && endpoint->address().is_loopback()) {
        if (error_code const failure = state_->bind_source(descriptor)) {
            ::close(descriptor);
            return state_->refuse(std::move(then), failure);
        }
    }
    int const begun = ::connect(descriptor, endpoint->data(), static_cast<socklen_t>(endpoint->size()));
    if (begun != 0 && errno != EINPROGRESS) {
        error_code const failure = last_error();
        ::close(descriptor);
        return state_->refuse(std::move(then), failure);
    }
    // Registered after the connect began: before it, every socket counts as hung up.
    auto const place = state_->dialing.emplace(state_->dialing.end(), *state_, descriptor, std::move(then));
    place->place = place;
    place->stream->wait_writable(on_ready<&State::Dialing::on_writable>(*place));
}

}  // namespace drydock
