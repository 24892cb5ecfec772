#include "rig/run/runner.h"

#include "rig/run/walk.h"
#include "server/base/spawn.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace drydock::rig {

namespace {

// Time for an interrupted or timed-out case to put its devices away.
constexpr auto k_teardown_max = std::chrono::seconds(10);

awaitable<void> play(Walk& walk, bool& is_done, std::string& infrastructure) {
    try {
        co_await walk.stage().raise();
        co_await walk.blocks(walk.scenario().steps);
        walk.begin_teardown();
        co_await walk.blocks(walk.scenario().teardown);
    } catch (std::exception const& e) { infrastructure = e.what(); }
    walk.stage().strike();
    is_done = true;
}

std::string repeat_command(Scenario const& scenario, Bench const& bench, RunnerOptions const& options) {
    return "drydock run " + scenario.file + " --bench " + std::string(bench.name()) + " --seed " +
           std::to_string(options.seed);
}

void add_events(report::CaseRecord& record, Bench& bench, Stage const& stage) {
    constexpr std::size_t k_events_max = 400;
    for (Event const& event : bench.events().events()) {
        if (record.events.size() >= k_events_max) { break; }
        report::EventRecord seen;
        seen.at_ms = std::chrono::duration<double, std::milli>(event.at.time_since_epoch()).count();
        seen.subject = event.subject;
        seen.kind = event.kind;
        for (auto const& [name, value] : event.fields) { seen.fields.emplace_back(name, stage.redacted(value)); }
        record.events.push_back(std::move(seen));
    }
}

}  // namespace

report::CaseRecord run_case(Scenario const& scenario, Bench& bench, std::span<Verb const> verbs,
                            RunnerOptions const& options) {
    report::CaseRecord record;
    record.id = scenario.id;
    record.title = scenario.title;
    record.file = scenario.file;
    record.bench = bench.name();
    record.seed = options.seed;
    record.reproduce = repeat_command(scenario, bench, options);
    Stage stage(bench, scenario);
    Walk walk(stage, scenario, verbs, record);
    TimePoint const start = bench.loop().clock.now();
    TimePoint const deadline = start + scenario.timeout;
    bool is_done = false;
    bool is_stopping = false;
    std::string infrastructure;
    spawn(bench.loop().executor, "scenario", play(walk, is_done, infrastructure));
    auto const more = [&] {
        if (is_done) { return false; }
        TimePoint const now = bench.loop().clock.now();
        bool const interrupted = options.is_interrupted != nullptr && *options.is_interrupted;
        if (!is_stopping && (interrupted || now > deadline)) {
            is_stopping = true;
            walk.stop(interrupted ? "interrupted" : "the scenario's timeout passed");
        }
        return now < deadline + k_teardown_max;
    };
    bool const moved = bench.run_while(more);
    if (!is_done) {
        infrastructure = moved ? "the scenario did not end after its timeout"
                               : "nothing can happen any more: " + bench.stall_report();
    }
    record.duration_ms = std::chrono::duration<double, std::milli>(bench.loop().clock.now() - start).count();
    if (bench.is_virtual()) { record.event_log_hash = bench.events().hash(); }
    walk.finish(stage.redacted(infrastructure));
    add_events(record, bench, stage);
    return record;
}

}  // namespace drydock::rig
