#include "rig/cli/load_case.h"

#include "rig/cli/interrupt.h"
#include "rig/cli/load_progress.h"
#include "rig/cli/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace drydock::rig {

namespace {

double to_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

}  // namespace

void fill_case(report::CaseRecord& record, LoadOutcome outcome, Duration wall) {
    record.verdict = outcome.record.verdict;
    record.message = outcome.record.sentence;
    record.event_log_hash = outcome.event_log_hash;
    record.duration_ms = to_ms(outcome.lasted);
    record.wall_ms = to_ms(wall);
    for (Event& event : outcome.events) {
        // What was said before the first device came belongs to the beginning.
        record.events.push_back({std::max(0.0, to_ms(event.at.time_since_epoch())), std::move(event.subject),
                                 std::move(event.kind), std::move(event.fields)});
    }
    record.load = std::move(outcome.record);
}

report::CaseRecord play_load_scenario(Scenario const& scenario, std::string const& bench, RunCommand const& command,
                                      std::uint64_t seed) {
    auto const start = std::chrono::steady_clock::now();
    report::CaseRecord record;
    record.id = scenario.id;
    record.title = scenario.title;
    record.file = scenario.file;
    record.bench = bench;
    record.seed = seed;
    record.reproduce = fmt::format("drydock run {} --only {} --bench {} --seed {}{}", scenario.file, scenario.id, bench,
                                   seed, more_options(command));
    LoadProgressLine line(progress_form(command.is_quiet));
    LoadRunOptions options;
    options.plan = PlanText{scenario.file, read_text(scenario.file), seed, bench == "loopback-tls"};
    options.bench = bench;
    options.faulty = command.faulty;
    options.daemon = command.daemon;
    options.program = std::filesystem::read_symlink("/proc/self/exe");
    options.is_interrupted = watch_for_interrupt();
    options.on_progress = [&line](LoadProgress const& progress) { line.show(progress); };
    options.on_step = [&line](std::string const& step) { line.step(step); };
    try {
        LoadOutcome outcome = bench == "virtual" ? play_virtual_load(options) : play_load(options);
        fill_case(record, std::move(outcome), std::chrono::steady_clock::now() - start);
    } catch (InfrastructureError const& e) {
        record.verdict = report::Verdict::infrastructure;
        record.message = e.what();
        record.wall_ms = to_ms(std::chrono::steady_clock::now() - start);
    }
    report::StepRecord step;  // so that what the scenario covers is judged like any step's
    step.id = "load";
    step.by = "fleet";
    step.verb = "load.run";
    step.file = scenario.file;
    step.line = 1;
    step.verdict = record.verdict;
    step.duration_ms = record.duration_ms;
    step.covers = scenario.covers;
    step.message = record.verdict == report::Verdict::pass ? std::string() : record.message;
    record.steps.push_back(std::move(step));
    return record;
}

}  // namespace drydock::rig
