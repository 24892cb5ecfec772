#include "sim/link/memory_network.h"

#include "sim/link/pipe.h"

#include <boost/asio/error.hpp>

#include <map>
#include <string>
#include <utility>

namespace drydock {

namespace {

namespace asio = boost::asio;

constexpr std::uint16_t k_first_port = 40'000;

}  // namespace

struct MemoryNetwork::State {
    State(World& world, WireDelay delay) : net(std::make_shared<PipeNet>(world, delay)) {}

    std::shared_ptr<PipeNet> net;
    std::uint16_t last_listening = k_first_port;
    std::uint16_t last_dialed = k_first_port;
    std::map<std::pair<std::string, std::uint16_t>, Listener::OnAccept*> listeners;
};

class MemoryNetwork::NodeListener final : public Listener {
public:
    NodeListener(std::shared_ptr<State> state, Address at) : state_(std::move(state)), at_(std::move(at)) {}
    ~NodeListener() override { close(); }
    void start(OnAccept on_accept) override {
        on_accept_ = std::move(on_accept);
        state_->listeners[{at_.host, at_.port}] = &on_accept_;
    }
    void close() override {
        auto const found = state_->listeners.find({at_.host, at_.port});
        if (found != state_->listeners.end() && found->second == &on_accept_) { state_->listeners.erase(found); }
    }
    [[nodiscard]] Address address() const override { return at_; }

private:
    std::shared_ptr<State> state_;
    Address at_;
    OnAccept on_accept_;
};

MemoryNetwork::MemoryNetwork(World& world, WireDelay delay) : state_(std::make_shared<State>(world, delay)) {}

MemoryNetwork::~MemoryNetwork() = default;

result<std::unique_ptr<Listener>> MemoryNetwork::listen(Address at) {
    if (at.port == 0) { at.port = ++state_->last_listening; }
    if (state_->listeners.contains({at.host, at.port})) { return error_code(asio::error::address_in_use); }
    return std::unique_ptr<Listener>(std::make_unique<NodeListener>(state_, std::move(at)));
}

void MemoryNetwork::connect(Address to, OnConnect then) {
    PipeNet& net = *state_->net;
    Clock& clock = net.world.loop().clock;
    std::uint16_t const from = ++state_->last_dialed;
    // One round trip, as a handshake takes.
    TimePoint const there = clock.now() + net.draw_delay() + net.draw_delay();
    clock.call_at(there, [state = state_, to = std::move(to), from, then = std::move(then)] {
        auto const found = state->listeners.find({to.host, to.port});
        if (found == state->listeners.end()) { return then(error_code(asio::error::connection_refused)); }
        PipeEnds ends = make_pipe(state->net, to, from);
        (*found->second)(std::move(ends.accepted), Arrival::among_few);
        then(std::move(ends.dialed));
    });
}

}  // namespace drydock
