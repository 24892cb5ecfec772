// One case put to one server, once: the load, what the kernel says meanwhile, and the troubles that
// belong to the case. Blocks while it measures. One thread.
#pragma once

#include "rig/benchmark/contestants.h"

#include <cstdint>
#include <functional>
#include <map>

namespace drydock::rig {

class Measuring {
public:
    // Both stay the caller's and outlive this.
    Measuring(AuthOptions const& options, Contestants const& contestants)
        : options_(options), contestants_(contestants) {}

    // Every device has been online once: a first connect is a durable write, which is not meant here.
    void warm_up(Contestant const& server) const;
    // `top`: logins per second that a share of is asked for.
    [[nodiscard]] AuthRun run(AuthCase const& one, Contestant const& server, double top);
    [[nodiscard]] AuthRun run_at(double rate, Duration lasts, Contestant const& server) const;

private:
    [[nodiscard]] load::FloodOptions plan(AuthCase const& one, Contestant const& server, double top) const;
    using Play = std::function<load::FloodResult(std::function<void(load::Instant)> const& at)>;
    // `flood` says what `play` does.
    [[nodiscard]] AuthRun measure(load::FloodOptions const& flood, Contestant const& server, Play const& play) const;
    [[nodiscard]] AuthRun measure(load::FloodOptions const& flood, Contestant const& server,
                                  std::vector<load::Login> const& logins) const;
    [[nodiscard]] AuthRun run_beside_minting(load::FloodOptions const& flood, Contestant const& server);
    [[nodiscard]] AuthRun run_revoking(Contestant const& server);
    [[nodiscard]] AuthRun run_fleet(load::FloodOptions const& flood, Contestant const& server);
    [[nodiscard]] load::FloodOptions common() const;

    AuthOptions const& options_;
    Contestants const& contestants_;
    std::map<std::uint64_t, std::uint64_t> mintings_;  // by tokens in the store: so many runs minted before
    std::map<std::uint64_t, std::uint64_t> boxes_;     // by tokens in the store: the first box that nobody claimed yet
    std::map<std::uint64_t, std::size_t> revoked_;     // by tokens in the store: so many were deleted before
    bool is_fleet_first_ = false;
};

}  // namespace drydock::rig
