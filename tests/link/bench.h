// One device on a link, one server, in virtual time; what lies below the link takes no time.
#pragma once

#include "sim/link/link.h"
#include "sim/link/memory_network.h"
#include "tests/link/ends.h"

#include <cstdint>

namespace drydock::test {

struct LinkBench {
    explicit LinkBench(LinkProfile its_profile, std::uint64_t seed = 1, End::Reads reads = End::Reads::all)
        : profile(std::move(its_profile)),
          world(Seed{seed}),
          network(world, WireDelay{Duration::zero(), Duration::zero()}),
          server(world.loop(), network, {"cloud", 8080}, reads),
          ground(world.loop(), network, profile),
          link(ground, seed),
          device(world.loop(), link) {}

    // Attached, connected, and quiet again.
    void connect(End::Reads reads = End::Reads::all) {
        link.attach();
        device.dial(server.address(), reads);
        std::size_t const before = device.told_at().size();
        static_cast<void>(run_until([this, before] { return device.told_at().size() > before; }));
    }
    // False: the world went quiet first.
    template <class Done>
    [[nodiscard]] bool run_until(Done done) {
        return world.run_while([&done] { return !done(); });
    }
    void run_for(Duration time) { world.run_until(world.now() + time); }

    LinkProfile profile;
    World world;
    MemoryNetwork network;
    Server server;
    LinkGround ground;
    Link link;
    Device device;
};

// Round trips of exactly `time`.
[[nodiscard]] inline LinkProfile steady(Duration time) {
    LinkProfile profile;
    profile.name = "steady";
    profile.round_trip = {time, time};
    return profile;
}

[[nodiscard]] inline TimePoint at(Duration time) { return TimePoint(time); }

}  // namespace drydock::test
