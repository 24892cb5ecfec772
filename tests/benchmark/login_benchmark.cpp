// A whole login in virtual time: device, link, front door, device edge, store and back.
#include "server/app/cloud.h"
#include "server/store/sqlite_store.h"
#include "sim/device/virtual_device.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"
#include "tests/benchmark/filled_store.h"

#include <benchmark/benchmark.h>

namespace {

using namespace drydock;

void login_in_virtual_time(benchmark::State& state) {
    World world(Seed{1});
    MemoryNetwork network(world);
    EventLog events(world.loop().clock);
    events.keep_none();
    Vault const vault(std::array<std::byte, 32>{std::byte{3}});
    auto const store = SqliteStore::open(world.loop(), ":memory:", SqliteStore::Commits::inline_);
    bench::fill(*store, vault, world.loop().entropy, 1, [&world](bool const& is_done) {
        if (!world.run_while([&is_done] { return !is_done; })) { throw std::runtime_error("the store is silent"); }
    });
    CloudOptions options;
    options.plain = Address{"cloud", 8080};
    options.setup_password = Secret("a benchmark's password");
    options.http.password_cost = PasswordCost{8, 1, 1};
    Cloud cloud(world.loop(), network, *store, vault, events, options);
    bool is_open = false;
    cloud.start([&is_open](result<void> started) { is_open = started.has_value(); });
    static_cast<void>(world.run_while([&is_open] { return !is_open; }));
    DeviceOptions device_options;
    device_options.name = "box";
    device_options.address = cloud.plain();
    VirtualDevice device(world.loop(), network, events, device_options);
    device.set_token(bench::token_number(0));
    for (auto _ : state) {
        auto const logins = device.view().logins;
        device.reset();
        if (!world.run_while([&] { return device.view().logins == logins; })) { state.SkipWithError("no login"); }
    }
    state.SetItemsProcessed(state.iterations());
    cloud.stop();
}
BENCHMARK(login_in_virtual_time)->Unit(benchmark::kMicrosecond);

}  // namespace
