// What a run needs of the machine it runs on, decided before anything starts.
#include "rig/load/load_run.h"
#include "rig/scenario/diagnostics.h"
#include "rig/scenario/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include <sys/resource.h>

namespace drydock::rig {

namespace {

// One loop plays so many without being late when each speaks now and then.
constexpr std::uint64_t k_devices_per_core = 10'000;

}  // namespace

load::LoadPlan plan_of(PlanText const& text) {
    LoadResult loaded = load_scenario(text.file, text.scenario);
    if (!loaded.diagnostics.empty() || !loaded.scenario.load) {
        std::string const why = loaded.diagnostics.empty() ? text.file + " is no load scenario"
                                                           : print(std::move(loaded.diagnostics), text.scenario);
        throw std::invalid_argument(why);
    }
    load::LoadPlan plan = std::move(*loaded.scenario.load);
    if (text.seed) { plan.seed = *text.seed; }
    for (load::Population& population : plan.populations) { population.has_tls |= text.is_all_tls; }
    return plan;
}

std::uint64_t devices_of(load::LoadPlan const& plan, load::Shard shard) {
    std::uint64_t const all = plan.devices();
    return all / shard.of + (shard.index < all % shard.of ? 1 : 0);
}

MachineLimits limits_of_this_machine() {
    MachineLimits limits;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    limits.open_files = files.rlim_max;
    limits.cores = std::max(1U, std::thread::hardware_concurrency());
    return limits;
}

WorkerCount workers_for(std::uint64_t devices, MachineLimits const& limits, Whose cloud, unsigned wanted) {
    WorkerCount count;
    std::uint64_t const room = limits.open_files - std::min(limits.open_files, k_other_files);
    if (room == 0 || (cloud == Whose::ours && devices > room)) {
        count.refusal = fmt::format(
            "{} devices need {} open files in one server process, and the limit is {}: raise it (ulimit -Hn), "
            "or play fewer devices",
            devices, devices + k_other_files, limits.open_files);
        return count;
    }
    std::uint64_t const by_files = (devices + room - 1) / room;
    // With a server of our own beside it, half of the cores are the generator's.
    std::uint64_t const cores = cloud == Whose::ours ? std::max(1U, limits.cores / 2) : limits.cores;
    std::uint64_t const by_cores = std::min(cores, (devices + k_devices_per_core - 1) / k_devices_per_core);
    std::uint64_t const needed = std::max({by_files, by_cores, std::uint64_t{1}});
    if (wanted != 0 && wanted < by_files) {
        count.refusal = fmt::format("{} devices need at least {} workers at {} open files each", devices, by_files,
                                    limits.open_files);
        return count;
    }
    count.workers = static_cast<unsigned>(std::min<std::uint64_t>(wanted != 0 ? wanted : needed, devices));
    return count;
}

}  // namespace drydock::rig
