#include "rig/cli/load_case.h"

#include "reports/write/page.h"
#include "reports/write/write.h"
#include "rig/cli/interrupt.h"
#include "rig/cli/load_progress.h"
#include "rig/record/load_recorder.h"
#include "rig/record/load_rows.h"
#include "rig/scenario/catalogue.h"
#include "sim/fleet/thresholds.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include <sys/utsname.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

double to_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

bool is_only_a_threshold(report::CaseRecord const& one) {
    if (!one.load || one.load->verdict != "failed") { return false; }
    auto const summary = summary_of(one.load->rows);
    return summary && !has_wrong_answers(*summary);
}

std::string text_of(std::filesystem::path const& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(std::filesystem::path const& path, std::string const& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) { throw InfrastructureError("cannot write " + path.string()); }
}

}  // namespace

report::Verdict verdict_of(report::LoadRecord const& load) {
    if (load.verdict == "failed") { return report::Verdict::fail; }
    return load.verdict == "invalid" ? report::Verdict::inconclusive : report::Verdict::pass;
}

void fill_case(report::CaseRecord& record, LoadOutcome outcome, Duration wall) {
    record.verdict = verdict_of(outcome.record);
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
    record.reproduce =
        fmt::format("drydock run {} --only {} --bench {} --seed {}", scenario.file, scenario.id, bench, seed);
    LoadProgressLine line(progress_form(command.is_quiet));
    LoadRunOptions options;
    options.plan = PlanText{scenario.file, text_of(scenario.file), seed, bench == "loopback-tls"};
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

report::RunRecord begin_run_record(std::string command_line, std::uint64_t seed) {
    report::RunRecord run;
    run.version = DRYDOCK_VERSION;
    run.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                              fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
    run.command = std::move(command_line);
    utsname name{};
    ::uname(&name);
    run.system = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
    run.compiler = "C++ " __VERSION__;
    run.seed = seed;
    return run;
}

void finish_run_record(report::RunRecord& run, std::filesystem::path const& output) {
    report::judge(run, load_catalogue(report::catalogue_text()));
    std::error_code failure;
    std::filesystem::create_directories(output, failure);
    write_file(output / "run.json", report::write_json(run));
    write_file(output / "junit.xml", report::write_junit(run));
    write_file(output / "report.html", report::write_html(run));
    write_file(output / "summary.md", report::write_markdown(run));
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
    bool const is_colored = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    fmt::print("{}", report::write_terminal(run, is_colored ? report::Color::yes : report::Color::no));
    fmt::print("report:  {}\n", std::filesystem::absolute(output / "report.html").string());
}

Exit exit_of_cases(report::RunRecord const& run) {
    bool is_threshold = false;
    bool is_infrastructure = false;
    for (report::CaseRecord const& one : run.cases) {
        if (one.verdict == report::Verdict::fail && !is_only_a_threshold(one)) { return Exit::failed; }
        is_threshold |= one.verdict == report::Verdict::fail;
        is_infrastructure |=
            one.verdict == report::Verdict::infrastructure || one.verdict == report::Verdict::inconclusive;
    }
    if (is_threshold) { return Exit::threshold; }
    return is_infrastructure || run.verdict != report::Verdict::pass ? Exit::infrastructure : Exit::passed;
}

}  // namespace drydock::rig
