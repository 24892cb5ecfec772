// A million devices and the cloud in one process under virtual time: all connect for the first time,
// all lose their power at one instant, all come back at one instant. Says what that took.
#include "rig/scenario/link_reader.h"
#include "tests/benchmark/nobody.h"
#include "tests/benchmark/world_cloud.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace {

using namespace drydock;
using namespace std::chrono_literals;

constexpr Duration k_arrival = 60s;  // all connect first within so long
constexpr Duration k_cut_at = 180s;
constexpr Duration k_dark = 10s;
constexpr Duration k_patience = 1h;  // virtual time until the storm must be over
constexpr Duration k_look_every = 50ms;

struct Wanted {
    std::uint64_t devices = 1'000'000;
    std::string link = "ethernet";
    std::uint64_t heartbeat_seconds = 45;
    std::uint64_t seed = 1;
};

// Since the start of the process.
double wall_seconds() {
    static auto const start = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double resident_gb() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    file >> all >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e9;
}

void say(std::string const& what, double wall, std::string const& more = {}) {
    fmt::print("{:<44} {:8.2f} s wall   {:5.2f} GB resident{}{}\n", what, wall, resident_gb(),
               more.empty() ? "" : "   ", more);
    std::fflush(stdout);
}

load::LoadPlan plan_of(Wanted const& wanted) {
    load::LoadPlan plan;
    plan.id = "benchmark.million";
    plan.seed = wanted.seed;
    auto const& links = rig::built_in_links();
    auto const named = [&](LinkProfile const& one) { return one.name == wanted.link; };
    auto const found = std::find_if(links.begin(), links.end(), named);
    plan.links.emplace_back();
    plan.links[0].name = wanted.link;
    if (found != links.end()) { plan.links[0] = *found; }
    load::Population fleet;
    fleet.count = wanted.devices;
    fleet.link = wanted.link;
    fleet.heartbeat = std::chrono::seconds(wanted.heartbeat_seconds);
    plan.populations.push_back(fleet);
    // The last second takes those whom an even rate leaves over.
    std::uint64_t const seconds = static_cast<std::uint64_t>(k_arrival / 1s) - 1;
    std::uint64_t const rate = wanted.devices / (seconds + 1);
    load::ArriveSpec arrive;
    arrive.steps.push_back({fmt::format("{}/s", rate), fmt::format("{}s", seconds)});
    arrive.steps.push_back({fmt::format("{}/s", wanted.devices - rate * seconds), "1s"});
    plan.phase_specs = {{"arrive", "", arrive, false, {}}, {"hold", "2h", std::nullopt, true, {}}};
    plan.phases = load::Phases::plan(plan.phase_specs, wanted.devices).value();
    load::Happening cut;
    cut.kind = load::Happening::Kind::power_cut;
    cut.at = k_cut_at;
    cut.lasts = k_dark;
    plan.happenings.push_back(cut);
    return plan;
}

class Bench {
public:
    explicit Bench(Wanted const& wanted)
        : plan_(plan_of(wanted)), world_(Seed{wanted.seed}), network_(world_), events_(world_.loop().clock) {
        double const begin = wall_seconds();
        cloud_.emplace(world_, network_, events_, plan_.devices());
        say(fmt::format("{} tokens stored, cloud started", plan_.devices()), wall_seconds() - begin);
    }
    Bench(Bench const&) = delete;
    Bench& operator=(Bench const&) = delete;

    // False when somebody was not back in time, or anything went wrong.
    [[nodiscard]] bool run() {
        make_fleet();
        TimePoint const begin = world_.now() + 1s;
        fleet_->start(begin, [] {});
        double wall = wall_seconds();
        TimePoint const first = run_until_all_online(begin);
        say("first connects, over a minute", wall_seconds() - wall,
            fmt::format("all online {:.2f} s after the first", seconds_of(first - begin)));
        wall = wall_seconds();
        world_.run_until(begin + k_cut_at - 1ns);
        say(fmt::format("held for {:.0f} s", seconds_of(begin + k_cut_at - first)), wall_seconds() - wall);
        wall = wall_seconds();
        TimePoint const back = begin + k_cut_at + k_dark;
        world_.run_until(back - 1ns);
        say("power cut of all", wall_seconds() - wall, fmt::format("{} online", fleet_->snapshot().online));
        wall = wall_seconds();
        TimePoint const all = run_until_all_online(back);
        double const storm = wall_seconds() - wall;
        say("storm: from power to all online", storm,
            fmt::format("{:.2f} s in their time, {:.0f} logins/s of wall time", seconds_of(all - back),
                        static_cast<double>(plan_.devices()) / storm));
        return report();
    }

private:
    static double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

    void make_fleet() {
        double const begin = wall_seconds();
        load::FleetOptions options;
        options.target = cloud_->address();
        options.tokens = bench::fleet_tokens(plan_.devices());
        fleet_ = std::make_unique<load::Fleet>(world_.loop(), network_, events_, plan_, std::move(options), nobody_);
        say("fleet made", wall_seconds() - begin);
    }

    [[nodiscard]] TimePoint run_until_all_online(TimePoint from) {
        while (fleet_->snapshot().online < plan_.devices() && world_.now() < from + k_patience) {
            world_.run_until(world_.now() + k_look_every);
        }
        return world_.now();
    }

    [[nodiscard]] bool report() {
        load::FleetSnapshot const fleet = fleet_->snapshot();
        std::uint64_t const logins = fleet_->summary().count(load::Counter::auth_accepted);
        fmt::print("cloud: {} online; fleet: {} online, {} logins\n", cloud_->online_devices(), fleet.online, logins);
        for (auto const& [cause, count] : fleet.errors) { fmt::print("fleet: {} × {}\n", count, cause); }
        return fleet.online == plan_.devices() && logins >= 2 * plan_.devices() && fleet.errors.empty();
    }

    load::LoadPlan plan_;
    bench::Nobody nobody_;
    World world_;
    MemoryNetwork network_;
    EventLog events_;
    std::optional<bench::WorldCloud> cloud_;
    std::unique_ptr<load::Fleet> fleet_;
};

}  // namespace

int main(int argc, char** argv) {
    Wanted wanted;
    CLI::App app("A storm of devices against the cloud, in one process and in virtual time");
    app.add_option("--devices", wanted.devices, "How many")
        ->check(CLI::Range(std::uint64_t{60}, std::uint64_t{4'000'000}));
    app.add_option("--link", wanted.link, "ethernet, lte-m, nb-iot, gprs, metered; anything else shapes nothing");
    app.add_option("--heartbeat", wanted.heartbeat_seconds, "Seconds between the heartbeats of a device");
    app.add_option("--seed", wanted.seed, "Of all chance");
    CLI11_PARSE(app, argc, argv);
    try {
        static_cast<void>(wall_seconds());
        Bench bench(wanted);
        return bench.run() ? 0 : 1;
    } catch (std::exception const& failure) {
        fmt::print(stderr, "million_devices: {}\n", failure.what());
        return 1;
    }
}
