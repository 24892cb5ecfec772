// A connection of the network in memory. For the sources of that network only.
#pragma once

#include "server/net/stream.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace drydock {

// What all connections of a network share.
struct PipeNet {
    PipeNet(World& its_world, WireDelay its_delay)
        : world(its_world), delay(its_delay), random(world.fork_random("links")) {}
    [[nodiscard]] Duration draw_delay();

    World& world;
    WireDelay delay;
    Random random;
    std::set<std::pair<std::string, std::uint16_t>> servers;  // that were ever connected to
};

// Both ends of a new connection.
struct PipeEnds {
    StreamPtr accepted;
    StreamPtr dialed;
};
[[nodiscard]] PipeEnds make_pipe(std::shared_ptr<PipeNet> net, Address const& server, std::uint16_t from_port);

}  // namespace drydock
