#include "server/net/tcp.h"

#include "server/base/real_loop.h"
#include "server/base/spare_blocks.h"
#include "server/base/system_calls.h"

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

constexpr int k_backlog = 4096;
constexpr unsigned k_first_source = 0x7f000001;  // 127.0.0.1
constexpr unsigned k_sources_max = 250;
// Then the connections that are open already have their turn.
constexpr int k_accepts_per_turn = 256;
// After so many in one turn it is a rush: to answer each of them before the next is let in would fill the backlog.
constexpr int k_rush = 16;
// Seconds; the kernel keeps a connection to itself until its first bytes, or for so long.
constexpr int k_silent_before_accept = 1;
constexpr auto k_full_table_wait = std::chrono::milliseconds(100);
// The kernel repeats the request of a connect after a second: no sooner is it worth a look.
constexpr auto k_repeat_not_before = std::chrono::milliseconds(900);

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
    TcpStream(Reactor& reactor, int descriptor, Readiness::Watch watch) : ready_(reactor, descriptor, watch) {}

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

    [[nodiscard]] bool has_ended() const override { return ready_.has_ended(); }
    [[nodiscard]] Address peer() const override {
        tcp::endpoint endpoint;
        auto length = static_cast<socklen_t>(endpoint.capacity());
        if (::getpeername(ready_.descriptor(), endpoint.data(), &length) != 0) { return {}; }
        endpoint.resize(length);
        return {endpoint.address().to_string(), endpoint.port()};
    }
    [[nodiscard]] asio::any_io_executor executor() override { return ready_.reactor().get_executor(); }

    // Whether the kernel sent anything again, the request of the connect included.
    [[nodiscard]] bool has_repeated() const {
        tcp_info info{};
        socklen_t length = sizeof info;
        return ::getsockopt(ready_.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
               info.tcpi_total_retrans > 0;
    }

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
    // Takes the listening descriptor over.
    TcpListener(Reactor& reactor, int door) : state_(std::make_shared<State>(reactor, door)) {}
    ~TcpListener() override { close(); }

    void start(OnAccept on_accept) override {
        if (state_->is_closed()) { return; }
        state_->on_accept = std::move(on_accept);
        state_->wait();
    }
    void close() override { state_->close(); }
    [[nodiscard]] Address address() const override {
        tcp::endpoint endpoint;
        auto length = static_cast<socklen_t>(endpoint.capacity());
        if (::getsockname(state_->descriptor(), endpoint.data(), &length) != 0) { return {}; }
        endpoint.resize(length);
        return {endpoint.address().to_string(), endpoint.port()};
    }

private:
    struct State : std::enable_shared_from_this<State> {
        State(Reactor& its_reactor, int door)
            : reactor(its_reactor), ready(its_reactor, door, Readiness::Watch::reads), spare(open_spare()) {}
        ~State() {
            close();
            if (spare >= 0) { ::close(spare); }
        }
        State(State const&) = delete;
        State& operator=(State const&) = delete;

        static int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

        [[nodiscard]] int descriptor() const { return ready.descriptor(); }
        [[nodiscard]] bool is_closed() const { return descriptor() < 0; }

        void close() { ready.close(); }

        void wait() { ready.wait_readable(on_ready<&State::on_visitors>(*this)); }

        void on_visitors() {
            // Who is called may end the listener.
            auto const self = shared_from_this();
            take_all();
        }

        void take_all() {
            for (int i = 0; i < k_accepts_per_turn && !is_closed(); ++i) {
                int const visitor = system_call::accept4(descriptor(), SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (visitor >= 0) {
                    on_accept(std::make_unique<TcpStream>(reactor, visitor, Readiness::Watch::reads),
                              i < k_rush ? Arrival::among_few : Arrival::in_rush);
                    continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) { return turn_away(); }
                if (is_would_block(last_error())) {
                    ready.is_drained();
                    break;
                }
            }
            if (!is_closed()) { wait(); }
        }

        // The descriptor table is full (P8): with the spare one a visitor is let in and closed, so
        // that he learns it at once; then a pause, instead of spinning.
        void turn_away() {
            if (spare >= 0) {
                ::close(spare);
                int const visitor = ::accept4(descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
                if (visitor >= 0) { ::close(visitor); }
                spare = open_spare();
            }
            Clock& clock = reactor.clock();
            clock.call_at(clock.now() + k_full_table_wait, [self = shared_from_this()] {
                if (self->spare < 0) { self->spare = open_spare(); }
                if (!self->is_closed()) { self->take_all(); }
            });
        }

        Reactor& reactor;
        Readiness ready;
        OnAccept on_accept;
        int spare;
    };

    std::shared_ptr<State> state_;
};

result<int> open_door(tcp::endpoint const& at, TcpNetwork::LetIn let_in) {
    int const door = ::socket(at.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (door < 0) { return last_error(); }
    int const on = 1;
    ::setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Inherited by every accepted socket, which saves a system call for each.
    ::setsockopt(door, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (let_in == TcpNetwork::LetIn::with_first_bytes) {
        ::setsockopt(door, IPPROTO_TCP, TCP_DEFER_ACCEPT, &k_silent_before_accept, sizeof k_silent_before_accept);
    }
    if (::bind(door, at.data(), static_cast<socklen_t>(at.size())) == 0 && ::listen(door, k_backlog) == 0) {
        return door;
    }
    error_code const failure = last_error();
    ::close(door);
    return failure;
}

}  // namespace

struct TcpNetwork::State {
    struct Dialing {
        Dialing(State& its_state, int descriptor, OnConnect its_then)
            : state(its_state),
              stream(std::make_unique<TcpStream>(its_state.reactor, descriptor, Readiness::Watch::reads_and_writes)),
              then(std::move(its_then)),
              begin(its_state.reactor.clock().now()) {}

        // Known for good once it is connected.
        [[nodiscard]] bool is_repeated() const {
            return state.reactor.clock().now() - begin >= k_repeat_not_before && stream->has_repeated();
        }

        void on_writable() {
            if (is_repeated()) { ++state.repeated; }
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
        TimePoint begin;
        std::list<Dialing>::iterator place;
    };

    State(Reactor& its_reactor, LetIn its_let_in) : reactor(its_reactor), let_in(its_let_in) {}

    void refuse(OnConnect then, error_code failure) {
        asio::post(reactor.get_executor(), [then = std::move(then), failure] { then(failure); });
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

    Reactor& reactor;
    LetIn let_in;
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

    std::uint64_t repeated = 0;
    unsigned sources = 1;
    unsigned next_source = 0;
    Address last_to;
    tcp::endpoint last_endpoint;
};

TcpNetwork::TcpNetwork(RealLoop& real, LetIn let_in) : state_(std::make_unique<State>(real.reactor(), let_in)) {}
TcpNetwork::~TcpNetwork() = default;

result<std::unique_ptr<Listener>> TcpNetwork::listen(Address at) {
    auto const endpoint = endpoint_of(at);
    if (!endpoint) { return endpoint.error(); }
    auto const door = open_door(*endpoint, state_->let_in);
    if (!door) { return door.error(); }
    return std::unique_ptr<Listener>(std::make_unique<TcpListener>(state_->reactor, *door));
}

void TcpNetwork::spread_sources(unsigned addresses) {
    state_->sources = std::clamp(addresses, 1U, k_sources_max);
    state_->next_source = 0;
}

std::uint64_t TcpNetwork::repeated_connects() const {
    std::uint64_t under_way = 0;
    TimePoint const now = state_->reactor.clock().now();
    // The oldest come first.
    for (State::Dialing const& one : state_->dialing) {
        if (now - one.begin < k_repeat_not_before) { break; }
        if (one.is_repeated()) { ++under_way; }
    }
    return state_->repeated + under_way;
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
