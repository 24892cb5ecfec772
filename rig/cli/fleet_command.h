// `drydock fleet`: a load run put together on the command line, and the workers of all load runs.
#pragma once

#include "rig/cli/command_line.h"
#include "server/base/clock.h"
#include "sim/fleet/arrivals.h"

#include <CLI/App.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace drydock::rig {

// `typed` goes into the record; it and `code` outlive the parsing.
void add_fleet(CLI::App& app, CommandLine const& typed, int& code);

// What `fleet` was asked for, as a load scenario: the same file can be run again and changed.
struct FleetWish {
    std::uint64_t devices = 0;
    std::string link = "ethernet";
    std::string family = "modern";
    std::string ramp = "30s";
    std::string hold = "1m";
    std::string heartbeat = "45s";
    std::string ping_every;    // empty: never
    std::string report_every;  // empty: never
    std::string p99;           // a threshold on logins; empty: none
    std::string late;          // how late the generator may be before the run is inconclusive; empty: 1 ms
    bool has_tls = false;
    std::uint64_t seed = 1;
};
// "5000 devices over lte-m with TLS".
[[nodiscard]] std::string title_of(FleetWish const& wish);
// Throws std::invalid_argument with the option that is wrong and what to write.
[[nodiscard]] std::string scenario_of(FleetWish const& wish);

// Which part of a run this process plays. `option` is "2/5", counted from 1; when it is empty the
// variables of Kubernetes Indexed Jobs and Slurm arrays say so; `count` is the number of shards where
// those do not tell it. Throws std::invalid_argument.
[[nodiscard]] load::Shard shard_from(std::string const& option, std::optional<std::uint64_t> count,
                                     std::function<std::string(char const* name)> const& variable);

// "2026-11-26T08:00:00Z" or "@1795680000" (seconds since 1970). Throws std::invalid_argument.
[[nodiscard]] WallTime begin_from(std::string const& text);

}  // namespace drydock::rig
