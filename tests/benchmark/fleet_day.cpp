// A fleet against the cloud in one process under virtual time: how long a day of so many devices
// takes, and how much memory a device costs on both sides together.
#include "tests/benchmark/nobody.h"
#include "tests/benchmark/process_figures.h"
#include "tests/benchmark/world_cloud.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace {

using namespace drydock;
using namespace drydock::load;

struct Day {
    std::uint64_t devices = 10'000;
    std::string over = "100s";
    std::string hold = "24h";
    std::uint64_t report_seconds = 60;  // 0: none
    std::uint64_t round_trip_ms = 0;    // 0: the links shape nothing
    bool is_at_once = false;
};

LoadPlan plan_of(Day const& day) {
    LoadPlan plan;
    plan.id = "benchmark.day";
    LinkProfile link;
    link.name = "link";
    Duration const round_trip = std::chrono::milliseconds(day.round_trip_ms);
    link.round_trip = {round_trip, round_trip * 3};
    plan.links.push_back(link);
    Population fleet;
    fleet.count = day.devices;
    fleet.link = "link";
    plan.populations.push_back(fleet);
    if (day.report_seconds != 0) {
        Activity report;
        report.kind = Activity::Kind::report;
        report.every = std::chrono::seconds(day.report_seconds);
        report.jitter_millionths = 200'000;
        report.pin = 4;
        report.walk_high = 30'000;
        plan.session.push_back(report);
    }
    std::string const count = std::to_string(day.devices);
    auto const rate = std::to_string(std::max<std::uint64_t>(1, day.devices / 100)) + "/s";
    plan.phase_specs = {{"arrive",
                         day.is_at_once ? "1s" : day.over,
                         day.is_at_once ? ArriveSpec{{}, {}, count, {}, {}} : ArriveSpec{rate, {}, {}, {}, {}},
                         false,
                         {}},
                        {"hold", day.hold, std::nullopt, true, {}}};
    plan.phases = Phases::plan(plan.phase_specs, day.devices).value();
    return plan;
}

int run(Day const& day) {
    World world(Seed{1});
    MemoryNetwork network(world);
    EventLog events(world.loop().clock);
    bench::WorldCloud const cloud(world, network, events, day.devices);
    FleetOptions options;
    options.target = cloud.address();
    options.tokens = bench::fleet_tokens(day.devices);
    std::size_t const heap_before = bench::heap_bytes();
    double const cpu_before = bench::cpu_seconds();
    bench::Nobody nobody;
    Fleet fleet(world.loop(), network, events, plan_of(day), std::move(options), nobody);
    std::size_t const heap_made = bench::heap_bytes();
    bool is_finished = false;
    fleet.start(world.now(), [&is_finished] { is_finished = true; });
    double all_online = 0;
    std::uint64_t turns = 0;
    bool const is_whole = world.run_while([&] {
        if (all_online == 0 && ++turns % 64 == 0 && fleet.snapshot().online == day.devices) {
            all_online = bench::cpu_seconds() - cpu_before;
            fmt::print("all online after {:.2f} s of processor time, {:.3f} s of the world\n", all_online,
                       static_cast<double>(fleet.snapshot().since_begin.count()) / 1e9);
        }
        return !is_finished;
    });
    double const cpu = bench::cpu_seconds() - cpu_before;
    auto const per_device = [&](std::size_t bytes) {
        return static_cast<double>(bytes) / static_cast<double>(day.devices);
    };
    fmt::print("{} devices: {:.2f} s of processor time; fleet's table {:.0f} B, all {:.0f} B of heap each\n",
               day.devices, cpu, per_device(heap_made - heap_before), per_device(bench::heap_bytes() - heap_before));
    fmt::print("logins {}, messages {}, online at the end {}, errors {}\n",
               fleet.summary().count(Counter::auth_accepted), fleet.summary().count(Counter::messages_sent),
               fleet.snapshot().online, fleet.snapshot().errors.size());
    fleet.stop();
    return is_whole ? 0 : 6;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"A day of a fleet in virtual time.\nExample:\n  fleet_day --devices 10000 --hold 24h --report 60"};
    Day day;
    app.add_option("--devices", day.devices, "How many arrive, over 100 s")->capture_default_str();
    app.add_option("--hold", day.hold, "How long they stay")->capture_default_str();
    app.add_option("--report", day.report_seconds, "Seconds between two reports of a device; 0: none")
        ->capture_default_str();
    app.add_option("--round-trip", day.round_trip_ms, "Milliseconds; 0: links that shape nothing")
        ->capture_default_str();
    app.add_flag("--at-once", day.is_at_once, "All arrive at one instant");
    CLI11_PARSE(app, argc, argv);
    return run(day);
}
