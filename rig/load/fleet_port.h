// The fleet as its operator sees it, in this process or spread over workers. Loop thread only.
#pragma once

#include "sim/fleet/fleet.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace drydock::rig {

// Devices are numbers of the whole plan. Meanings as in load::Fleet.
class FleetPort {
public:
    using Picked = std::function<void(std::vector<std::uint64_t>)>;

    FleetPort() = default;
    FleetPort(FleetPort const&) = delete;
    FleetPort& operator=(FleetPort const&) = delete;
    virtual ~FleetPort() = default;

    // Calls `then` once, never inside this call.
    virtual void pick(load::Wanted wanted, std::uint64_t count, Picked then) = 0;
    virtual void was_claimed(std::uint64_t device, Duration took, bool is_in_right_place) = 0;
    virtual void claim_failed(std::uint64_t device) = 0;
    virtual void was_unclaimed(std::uint64_t device) = 0;
    virtual void was_deleted(std::uint64_t device, TimePoint answered) = 0;
    // Picked, and nothing became of it: whoever picks next may have it.
    virtual void release(std::vector<std::uint64_t> const& devices) = 0;
    // Calls `then` once when the whole fleet knows, never inside this call.
    virtual void server_is_away(bool is_away, std::function<void()> then) = 0;
};

// What an operator does to the server itself. Only for a server of the rig's own.
class ServerPort {
public:
    enum class End { killed, stopped };

    ServerPort() = default;
    ServerPort(ServerPort const&) = delete;
    ServerPort& operator=(ServerPort const&) = delete;
    virtual ~ServerPort() = default;

    // Ends it and starts it again on the same data and doors; throws InfrastructureError when it does
    // not come back.
    virtual void restart(End end) = 0;
    virtual void set_store_down(bool is_down) = 0;
};

}  // namespace drydock::rig
