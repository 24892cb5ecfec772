// One load run from its plan to its record: on real sockets with worker processes, or in virtual time
// with cloud, fleet and clock in this process.
#pragma once

#include "reports/model/load_record.h"
#include "rig/bench/bench.h"
#include "server/app/cloud.h"
#include "sim/fleet/fleet.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

// A plan as text, because workers get it over a pipe: a load scenario and what was decided beside it.
struct PlanText {
    std::string file;  // for messages
    std::string scenario;
    std::optional<std::uint64_t> seed;  // instead of the scenario's own
    bool is_all_tls = false;            // every population speaks TLS, whatever the scenario says
};
// Throws std::invalid_argument with all that is wrong.
[[nodiscard]] load::LoadPlan plan_of(PlanText const& text);

// A cloud that somebody else runs.
struct ForeignCloud {
    Address plain;
    Address secure;
    std::filesystem::path authority;  // trusted for TLS
    std::string tls_host;
    // Of the devices of the run's shard, in order of their index. Asked for once, when all else was found fit; may
    // throw what play_load throws.
    std::function<std::vector<load::TokenText>()> take_tokens;
};

struct LoadProgress {
    Duration at{};
    Duration end{};
    std::string phase;
    std::uint64_t devices = 0;
    std::uint64_t arrived = 0;
    std::uint64_t errors = 0;  // since the beginning
    report::LoadTick tick;     // the last second
};

struct LoadRunOptions {
    PlanText plan;
    std::string bench = "loopback";
    FaultyServer faulty = FaultyServer::none;
    std::filesystem::path daemon;   // of a server of our own
    std::filesystem::path log;      // of that server; empty: nowhere
    std::filesystem::path program;  // this program, which knows `load-worker`
    std::optional<ForeignCloud> cloud;
    load::Shard shard;
    std::optional<WallTime> begin;  // shared by shards on several machines
    unsigned workers = 0;           // 0: by open files and cores
    std::atomic<bool> const* is_interrupted = nullptr;
    std::function<void(LoadProgress const&)> on_progress;  // each second of the run
    std::function<void(std::string const&)> on_step;       // "starting 2 workers": before it begins
};

struct LoadOutcome {
    report::LoadRecord record;
    std::vector<Event> events;  // of the sampled devices
    std::optional<std::uint64_t> event_log_hash;
    bool is_interrupted = false;
    bool has_wrong_answers = false;
    Duration lasted{};
};

// Throws InfrastructureError for what is not the product's fault, before anything starts when that
// can be known: too few open files, nobody behind the target's port or somebody who does not speak the device
// protocol, an event that needs a server of our own.
[[nodiscard]] LoadOutcome play_load(LoadRunOptions const& options);
[[nodiscard]] LoadOutcome play_virtual_load(LoadRunOptions const& options);

// The hidden subcommand `load-worker`: obeys on standard input, tells on standard output. Gives an exit code.
[[nodiscard]] int run_load_worker();

// Devices of a shard, and what is needed for them.
[[nodiscard]] std::uint64_t devices_of(load::LoadPlan const& plan, load::Shard shard);

// Files of a process beside one for each device: store, log, pipes, connections of people.
inline constexpr std::uint64_t k_other_files = 200;

struct MachineLimits {
    std::uint64_t open_files = 0;  // the hard limit of a process
    unsigned cores = 1;
};
[[nodiscard]] MachineLimits limits_of_this_machine();
// How many workers so many devices need: by open files, and by cores when they are many; and why
// they cannot be had.
struct WorkerCount {
    unsigned workers = 1;
    std::string refusal;  // empty: fine
};
enum class Whose { ours, foreign };
[[nodiscard]] WorkerCount workers_for(std::uint64_t devices, MachineLimits const& limits, Whose cloud, unsigned wanted);

}  // namespace drydock::rig
