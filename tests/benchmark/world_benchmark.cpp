// Virtual time: what a timer, a turn and a message cost, and what an idle connection takes.
#include "sim/link/link.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"

#include <boost/asio/post.hpp>

#include <array>
#include <benchmark/benchmark.h>
#include <deque>
#include <malloc.h>
#include <memory>

namespace {

using namespace drydock;
using namespace std::chrono_literals;

std::size_t heap_bytes() { return ::mallinfo2().uordblks; }

// Each of many timers sets itself again; some are cancelled and set anew, as a heartbeat does.
void timers(benchmark::State& state) {
    auto const count = static_cast<std::size_t>(state.range(0));
    World world(Seed{1});
    Random random = world.fork_random("benchmark");
    Clock& clock = world.loop().clock;
    std::vector<Clock::TimerId> ids(count);
    std::size_t fired = 0;
    std::function<void(std::size_t)> set = [&](std::size_t index) {
        auto const pause = Duration(static_cast<std::int64_t>(1 + random.below(1'000'000'000)));
        std::weak_ptr<int> const guard;  // as an owner hands one over
        ids[index] = clock.call_at(clock.now() + pause, [&fired, &set, index, guard] {
            ++fired;
            set(index);
        });
    };
    std::size_t const before = heap_bytes();
    for (std::size_t i = 0; i < count; ++i) { set(i); }
    state.counters["bytes_per_timer"] = static_cast<double>(heap_bytes() - before) / static_cast<double>(count);
    for (auto _ : state) {
        std::size_t const wanted = fired + 100'000;
        while (fired < wanted) {
            world.run_until(world.now() + 1ms);
            std::size_t const again = random.below(count);
            clock.cancel(ids[again]);
            set(again);
        }
    }
    state.SetItemsProcessed(state.iterations() * 100'000);
}
BENCHMARK(timers)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void turns(benchmark::State& state) {
    World world(Seed{1});
    auto const owner = std::make_shared<std::uint64_t>(0);
    for (auto _ : state) {
        for (int i = 0; i < 1000; ++i) {
            boost::asio::post(world.get_executor(), [owner] { ++*owner; });
        }
        world.run_until(world.now());
    }
    state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(turns);

// Sends back what comes.
class EchoEnd {
public:
    explicit EchoEnd(StreamPtr stream) : stream_(std::move(stream)) { listen(); }
    void send() { static_cast<void>(stream_->write_some(as_bytes("ping!"))); }
    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    void listen() { stream_->wait_readable(on_ready<&EchoEnd::on_readable>(*this)); }
    void on_readable() {
        std::array<std::byte, 256> chunk;
        auto const got = stream_->read_some(chunk);
        if (got) {
            ++count_;
            static_cast<void>(stream_->write_some(BytesView(chunk).first(*got)));
        }
        if (got || is_would_block(got.error())) { listen(); }
    }
    StreamPtr stream_;
    std::uint64_t count_ = 0;
};

struct Pairs {
    Pairs(LinkProfile its_profile, bool its_links)
        : world(Seed{1}),
          network(world),
          profile(std::move(its_profile)),
          ground(world.loop(), network, profile),
          has_links(its_links) {
        listener = network.listen({"cloud", 1}).value();
        listener->start([this](StreamPtr stream, Arrival) { servers.emplace_back(std::move(stream)); });
    }

    void add(std::size_t count) {
        std::size_t const wanted = devices.size() + count;
        for (std::size_t i = devices.size(); i < wanted; ++i) {
            Dialer* dialer = &network;
            if (has_links) {
                links.push_back(std::make_unique<Link>(ground, i));
                links.back()->attach();
                dialer = links.back().get();
            }
            auto connected = [this](result<StreamPtr> stream) { devices.emplace_back(std::move(*stream)); };
            dialer->connect({"cloud", 1}, connected);
        }
        static_cast<void>(world.run_while([&] { return devices.size() < wanted; }));
    }

    World world;
    MemoryNetwork network;
    LinkProfile profile;
    LinkGround ground;
    bool has_links;
    std::unique_ptr<Listener> listener;
    std::vector<std::unique_ptr<Link>> links;
    std::deque<EchoEnd> servers;
    std::deque<EchoEnd> devices;
};

LinkProfile lte() {
    LinkProfile profile;
    profile.round_trip = {120ms, 450ms};
    profile.attach = {1s, 6s};
    profile.up_bytes = 46'875;
    profile.down_bytes = 37'500;
    profile.loss_millionths = 5'000;
    profile.nat_idle = 5min;
    return profile;
}

void messages(benchmark::State& state, bool has_links) {
    auto const count = static_cast<std::size_t>(state.range(0));
    Pairs pairs(lte(), has_links);
    pairs.add(count);
    for (EchoEnd& device : pairs.devices) { device.send(); }
    auto const all = [&pairs] {
        std::uint64_t sum = 0;
        for (EchoEnd const& device : pairs.devices) { sum += device.count(); }
        return sum * 2;
    };
    std::uint64_t const before = all();
    for (auto _ : state) { pairs.world.run_until(pairs.world.now() + (has_links ? 1s : 10ms)); }
    state.SetItemsProcessed(static_cast<std::int64_t>(all() - before));
}
void messages_in_memory(benchmark::State& state) { messages(state, false); }
BENCHMARK(messages_in_memory)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
void messages_over_links(benchmark::State& state) { messages(state, true); }
BENCHMARK(messages_over_links)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// Heap of both ends of an idle connection, without the objects that own the streams.
void idle_connection(benchmark::State& state, LinkProfile const& profile, bool has_links) {
    constexpr std::size_t k_count = 50'000;
    for (auto _ : state) {
        Pairs pairs(profile, has_links);
        pairs.links.reserve(2 * k_count);
        // The first wave leaves room for timers behind, which the second uses again.
        pairs.add(k_count);
        pairs.world.run_until(pairs.world.now() + 1min);
        std::size_t const before = heap_bytes();
        pairs.add(k_count);
        pairs.world.run_until(pairs.world.now() + 1min);
        constexpr std::size_t k_owners = 2 * sizeof(EchoEnd);
        state.counters["bytes"] = static_cast<double>(heap_bytes() - before) / k_count - k_owners;
    }
}
void idle_in_memory(benchmark::State& state) { idle_connection(state, {}, false); }
BENCHMARK(idle_in_memory)->Iterations(1);
void idle_over_plain_link(benchmark::State& state) { idle_connection(state, {}, true); }
BENCHMARK(idle_over_plain_link)->Iterations(1);
void idle_over_shaped_link(benchmark::State& state) { idle_connection(state, lte(), true); }
BENCHMARK(idle_over_shaped_link)->Iterations(1);

}  // namespace
