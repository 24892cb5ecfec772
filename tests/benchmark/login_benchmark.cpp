// A whole login in virtual time: device, link, front door, device edge, store and back.
#include "sim/device/virtual_device.h"
#include "tests/benchmark/world_cloud.h"

#include <benchmark/benchmark.h>

namespace {

using namespace drydock;

void login_in_virtual_time(benchmark::State& state) {
    World world(Seed{1});
    MemoryNetwork network(world);
    EventLog events(world.loop().clock);
    bench::WorldCloud const cloud(world, network, events, 1);
    DeviceOptions device_options;
    device_options.name = "box";
    device_options.address = cloud.address();
    VirtualDevice device(world.loop(), network, events, device_options);
    device.set_token(bench::token_number(0));
    for (auto _ : state) {
        auto const logins = device.view().logins;
        device.reset();
        if (!world.run_while([&] { return device.view().logins == logins; })) { state.SkipWithError("no login"); }
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(login_in_virtual_time)->Unit(benchmark::kMicrosecond);

}  // namespace
