#include "sim/link/memory_network.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace drydock {

namespace {

namespace asio = boost::asio;
constexpr std::size_t k_pipe_bytes_max = 64 * 1024;

// One direction: what was written and not yet arrived or read.
struct Half {
    std::deque<std::byte> arrived;
    std::size_t in_flight = 0;
    TimePoint last_arrival{};
    bool is_ended = false;  // FIN arrived
    OnReady reader;
    OnReady writer;
};

}  // namespace

struct MemoryNetwork::State : std::enable_shared_from_this<MemoryNetwork::State> {
    State(World& its_world, WireDelay its_delay)
        : world(its_world), delay(its_delay), random(world.fork_random("links")) {}

    [[nodiscard]] Duration draw_delay() {
        auto const jitter = static_cast<std::uint64_t>(delay.jitter.count());
        return delay.one_way + Duration(jitter == 0 ? 0 : static_cast<std::int64_t>(random.below(jitter)));
    }

    World& world;
    WireDelay delay;
    Random random;
    bool is_cut = false;
    std::uint16_t last_port = 40'000;
    std::map<std::pair<std::string, std::uint16_t>, Listener::OnAccept*> listeners;
};

namespace {

using NetState = MemoryNetwork::State;

struct Pipe : std::enable_shared_from_this<Pipe> {
    explicit Pipe(std::shared_ptr<NetState> its_net) : net(std::move(its_net)) {}

    // In a later turn, and only if it still waits then: a closed end forgets its waits.
    void wake(OnReady Half::*waiting, std::size_t way) {
        if (!(halves[way].*waiting)) { return; }
        asio::post(net->world.get_executor(), [self = shared_from_this(), waiting, way] {
            OnReady const call = std::exchange(self->halves[way].*waiting, {});
            if (call) { call(); }
        });
    }

    // Puts something on its way in one direction; never overtakes what went before.
    template <class Arrive>
    void send(std::size_t way, Arrive arrive) {
        Half& half = halves[way];
        Clock& clock = net->world.loop().clock;
        TimePoint const when = std::max(clock.now() + net->draw_delay(), half.last_arrival);
        half.last_arrival = when;
        clock.call_at(when, [self = shared_from_this(), way, arrive = std::move(arrive)] {
            if (!self->net->is_cut) { arrive(*self, way); }
        });
    }

    std::shared_ptr<NetState> net;
    Half halves[2];
    bool is_reset = false;
};

class PipeStream final : public Stream {
public:
    PipeStream(std::shared_ptr<Pipe> pipe, std::size_t side, Address peer)
        : pipe_(std::move(pipe)), side_(side), peer_(std::move(peer)) {}
    ~PipeStream() override { close(); }

    result<std::size_t> read_some(std::span<std::byte> into) override {
        Half& half = incoming();
        if (is_closed_) { return error_code(asio::error::bad_descriptor); }
        if (half.arrived.empty()) {
            if (half.is_ended) { return error_code(asio::error::eof); }
            if (pipe_->is_reset) { return error_code(asio::error::connection_reset); }
            return error_code(asio::error::would_block);
        }
        std::size_t const count = std::min(into.size(), half.arrived.size());
        std::copy_n(half.arrived.begin(), count, into.begin());
        half.arrived.erase(half.arrived.begin(), half.arrived.begin() + static_cast<std::ptrdiff_t>(count));
        pipe_->wake(&Half::writer, side_);
        return count;
    }

    result<std::size_t> write_some(BytesView from) override {
        if (is_closed_) { return error_code(asio::error::bad_descriptor); }
        if (pipe_->is_reset) { return error_code(asio::error::connection_reset); }
        Half& half = outgoing();
        std::size_t const room = k_pipe_bytes_max - std::min(k_pipe_bytes_max, half.arrived.size() + half.in_flight);
        std::size_t const count = std::min(room, from.size());
        if (count == 0) { return error_code(asio::error::would_block); }
        half.in_flight += count;
        pipe_->send(1 - side_, [bytes = Bytes(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count))](
                                   Pipe& pipe, std::size_t way) {
            Half& at = pipe.halves[way];
            at.in_flight -= bytes.size();
            at.arrived.insert(at.arrived.end(), bytes.begin(), bytes.end());
            pipe.wake(&Half::reader, way);
        });
        return count;
    }

    void wait_readable(OnReady then) override {
        Half& half = incoming();
        half.reader = then;
        if (!half.arrived.empty() || half.is_ended || pipe_->is_reset) { pipe_->wake(&Half::reader, side_); }
    }

    void wait_writable(OnReady then) override {
        Half& half = outgoing();
        half.writer = then;
        bool const has_room = half.arrived.size() + half.in_flight < k_pipe_bytes_max;
        if (has_room || pipe_->is_reset) { pipe_->wake(&Half::writer, 1 - side_); }
    }

    void shutdown_send() override {
        if (std::exchange(has_ended_, true)) { return; }
        pipe_->send(1 - side_, [](Pipe& pipe, std::size_t way) {
            pipe.halves[way].is_ended = true;
            pipe.wake(&Half::reader, way);
        });
    }

    void close() override {
        if (std::exchange(is_closed_, true)) { return; }
        incoming().reader = {};
        outgoing().writer = {};
        shutdown_send();
        // Who goes on writing to a closed end is told so, as by a reset.
        pipe_->send(1 - side_, [](Pipe& pipe, std::size_t way) {
            pipe.is_reset = true;
            pipe.wake(&Half::reader, way);
            pipe.wake(&Half::writer, 0);
            pipe.wake(&Half::writer, 1);
        });
    }

    [[nodiscard]] Address peer() const override { return peer_; }
    [[nodiscard]] asio::any_io_executor executor() override { return pipe_->net->world.get_executor(); }

private:
    [[nodiscard]] Half& incoming() { return pipe_->halves[side_]; }
    [[nodiscard]] Half& outgoing() { return pipe_->halves[1 - side_]; }

    std::shared_ptr<Pipe> pipe_;
    std::size_t side_;
    Address peer_;
    bool has_ended_ = false;
    bool is_closed_ = false;
};

class MemoryListener final : public Listener {
public:
    MemoryListener(std::shared_ptr<NetState> net, Address at) : net_(std::move(net)), at_(std::move(at)) {}
    ~MemoryListener() override { close(); }
    void start(OnAccept on_accept) override {
        on_accept_ = std::move(on_accept);
        net_->listeners[{at_.host, at_.port}] = &on_accept_;
    }
    void close() override { net_->listeners.erase({at_.host, at_.port}); }
    [[nodiscard]] Address address() const override { return at_; }

private:
    std::shared_ptr<NetState> net_;
    Address at_;
    OnAccept on_accept_;
};

}  // namespace

MemoryNetwork::MemoryNetwork(World& world, WireDelay delay) : state_(std::make_shared<State>(world, delay)) {}

MemoryNetwork::~MemoryNetwork() = default;

void MemoryNetwork::cut(bool is_cut) { state_->is_cut = is_cut; }

result<std::unique_ptr<Listener>> MemoryNetwork::listen(Address at) {
    if (at.port == 0) { at.port = ++state_->last_port; }
    if (state_->listeners.contains({at.host, at.port})) { return error_code(asio::error::address_in_use); }
    return std::unique_ptr<Listener>(std::make_unique<MemoryListener>(state_, std::move(at)));
}

void MemoryNetwork::connect(Address to, OnConnect then) {
    Clock& clock = state_->world.loop().clock;
    Address const from{"fleet", ++state_->last_port};
    // One round trip, as a handshake takes.
    TimePoint const there = clock.now() + state_->draw_delay() + state_->draw_delay();
    clock.call_at(there, [net = state_, to = std::move(to), from, then = std::move(then)] {
        if (net->is_cut) { return then(error_code(asio::error::timed_out)); }
        auto const found = net->listeners.find({to.host, to.port});
        if (found == net->listeners.end()) { return then(error_code(asio::error::connection_refused)); }
        auto pipe = std::make_shared<Pipe>(net);
        (*found->second)(std::make_unique<PipeStream>(pipe, 0, from));
        then(StreamPtr(std::make_unique<PipeStream>(pipe, 1, to)));
    });
}

}  // namespace drydock
