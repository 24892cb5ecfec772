#include "rig/cli/run_command.h"

#include "reports/write/page.h"
#include "reports/write/text.h"
#include "rig/bench/bench.h"
#include "rig/cli/interrupt.h"
#include "rig/cli/load_case.h"
#include "rig/cli/run_record.h"
#include "rig/cli/tell.h"
#include "rig/cli/text_file.h"
#include "rig/run/runner.h"
#include "rig/run/unreached.h"
#include "rig/scenario/catalogue.h"
#include "rig/scenario/check.h"
#include "rig/scenario/diagnostics.h"
#include "rig/scenario/loader.h"
#include "rig/verbs/table.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <map>
#include <set>

namespace drydock::rig {

namespace {

constexpr std::string_view k_ending = ".scenario.yaml";

struct Loaded {
    std::vector<Scenario> scenarios;
    std::set<std::string> files;
    std::set<std::string> wrong;        // files
    std::size_t errors = 0;             // in them, and in the paths
    std::vector<std::string> left_out;  // folders of files that are wrong on purpose

    [[nodiscard]] bool is_good() const { return errors == 0; }
};

// Fills in what is left out.
std::vector<std::filesystem::path> files_under(std::string const& path, Loaded& loaded) {
    std::vector<std::filesystem::path> files;
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure)) {
        for (auto entry = std::filesystem::recursive_directory_iterator(path);
             entry != std::filesystem::recursive_directory_iterator(); ++entry) {
            // Files that are wrong on purpose are looked at only when named.
            if (entry->is_directory() && entry->path().filename() == "bad") {
                entry.disable_recursion_pending();
                loaded.left_out.push_back(entry->path().string());
            }
            if (entry->path().string().ends_with(k_ending)) { files.push_back(entry->path()); }
        }
        std::sort(files.begin(), files.end());
    } else if (std::filesystem::exists(path, failure)) {
        files.emplace_back(path);
    } else {
        tell("drydock: there is no file or folder '{}'\n", path);
        ++loaded.errors;
    }
    return files;
}

// A report that names a scenario must mean one file.
void check_ids(Loaded& loaded) {
    std::map<std::string, std::string> files;
    for (Scenario const& one : loaded.scenarios) {
        auto const [found, is_new] = files.emplace(one.id, one.file);
        std::error_code ignored;
        if (is_new || std::filesystem::equivalent(found->second, one.file, ignored)) { continue; }
        tell("{}: the id '{}' belongs to {} already: give each scenario its own\n", one.file, one.id, found->second);
        loaded.wrong.insert(one.file);
        ++loaded.errors;
    }
}

std::string tally(Loaded const& loaded) {
    std::string out = fmt::format(
        "{} right, {} wrong", report::counted(loaded.files.size() - loaded.wrong.size(), "file"), loaded.wrong.size());
    if (!loaded.is_good()) { out += fmt::format(": {}", report::counted(loaded.errors, "error")); }
    if (!loaded.left_out.empty()) {
        out += fmt::format(" ({} left out: files that are wrong on purpose)", fmt::join(loaded.left_out, ", "));
    }
    return out + '\n';
}

Loaded load(std::vector<std::string> const& paths) {
    Loaded loaded;
    Known known;
    auto const specs = verb_specs();
    known.verbs = specs;
    for (auto const& requirement : load_catalogue(report::catalogue_text())) {
        known.requirements.push_back(requirement.id);
    }
    for (std::string_view name : bench_names()) { known.benches.emplace_back(name); }
    for (std::string const& path : paths) {
        for (auto const& file : files_under(path, loaded)) {
            loaded.files.insert(file.string());
            std::string const text = read_text(file);
            LoadResult one = load_scenario(file.string(), text);
            auto more = check(one.scenario, known);
            std::move(more.begin(), more.end(), std::back_inserter(one.diagnostics));
            if (!one.diagnostics.empty()) {
                loaded.wrong.insert(file.string());
                loaded.errors += one.diagnostics.size();
                tell("{}", print(std::move(one.diagnostics), text));
                continue;
            }
            loaded.scenarios.push_back(std::move(one.scenario));
        }
    }
    check_ids(loaded);
    if (!loaded.is_good()) { tell("{}", tally(loaded)); }
    return loaded;
}

report::CaseRecord never_ran(Scenario const& scenario, std::string_view bench, std::string why,
                             report::Verdict verdict = report::Verdict::infrastructure) {
    report::CaseRecord record;
    record.id = scenario.id;
    record.title = scenario.title;
    record.file = scenario.file;
    record.bench = bench;
    record.verdict = verdict;
    record.message = std::move(why);
    add_unreached(record, scenario);
    return record;
}

report::CaseRecord one_case(Scenario const& scenario, std::string const& bench_name, RunCommand const& command,
                            std::uint64_t seed) {
    if (scenario.load) { return play_load_scenario(scenario, bench_name, command, seed); }
    auto const start = std::chrono::steady_clock::now();
    report::CaseRecord record;
    try {
        BenchOptions options;
        options.seed = Seed{seed};
        options.faulty = command.faulty;
        options.shuffles = command.shuffles;
        options.daemon = command.daemon;
        options.is_interrupted = watch_for_interrupt();
        auto const bench = make_bench(bench_name, options);
        RunnerOptions runner;
        runner.seed = seed;
        runner.more_options = more_options(command);
        runner.is_interrupted = watch_for_interrupt();
        record = run_case(scenario, *bench, verb_table(), runner);
    } catch (InfrastructureError const& e) {
        bool const is_interrupted = *watch_for_interrupt();
        record = never_ran(scenario, bench_name, e.what(),
                           is_interrupted ? report::Verdict::inconclusive : report::Verdict::infrastructure);
    }
    record.wall_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return record;
}

void say_progress(report::CaseRecord const& record, std::size_t number, std::size_t total) {
    tell("[{}/{}] {} {} on {} ({:.1f} s)\n", number, total, to_text(record.verdict), record.id, record.bench,
         record.wall_ms / 1000);
}

bool runs_on(Scenario const& scenario, std::string const& bench) {
    return scenario.benches.empty() ||
           std::find(scenario.benches.begin(), scenario.benches.end(), bench) != scenario.benches.end();
}

// Every scenario on every bench that it runs on.
std::vector<std::pair<Scenario const*, std::string>> plan_of(std::vector<Scenario> const& scenarios,
                                                             std::vector<std::string> const& benches) {
    std::vector<std::pair<Scenario const*, std::string>> plan;
    for (std::string const& bench : benches) {
        for (Scenario const& scenario : scenarios) {
            if (runs_on(scenario, bench)) { plan.emplace_back(&scenario, bench); }
        }
    }
    return plan;
}

// The scenarios that fit none of the benches asked for, and on which they would run.
void say_left_out(std::vector<Scenario> const& scenarios, std::vector<std::string> const& benches) {
    for (Scenario const& scenario : scenarios) {
        bool const fits = std::any_of(benches.begin(), benches.end(),
                                      [&](std::string const& bench) { return runs_on(scenario, bench); });
        if (fits) { continue; }
        tell("drydock: {} is left out: it runs on {} only (--bench)\n", scenario.id, fmt::join(scenario.benches, ", "));
    }
}

}  // namespace

std::string more_options(RunCommand const& command) {
    std::string out = command.shuffles ? " --shuffle" : "";
    if (command.faulty != FaultyServer::none) { out += " --faulty " + std::string(to_text(command.faulty)); }
    return out;
}

Exit run_scenarios(RunCommand const& command) {
    std::atomic<bool> const* const is_interrupted = watch_for_interrupt();
    for (std::string const& bench : command.benches) {
        if (std::find(bench_names().begin(), bench_names().end(), bench) != bench_names().end()) { continue; }
        tell("drydock: no bench is called '{}': one of {}\n", bench, fmt::join(bench_names(), ", "));
        return Exit::usage;
    }
    if (command.faulty == FaultyServer::crash_on_claim &&
        std::find(command.benches.begin(), command.benches.end(), "virtual") != command.benches.end()) {
        tell("drydock: a server that crashes needs a process of its own: add --bench loopback\n");
        return Exit::usage;
    }
    Loaded loaded = load(command.paths);
    if (!loaded.is_good()) { return Exit::usage; }
    std::erase_if(loaded.scenarios,
                  [&](Scenario const& one) { return one.id.find(command.only) == std::string::npos; });
    auto const plan = plan_of(loaded.scenarios, command.benches);
    say_left_out(loaded.scenarios, command.benches);
    if (plan.empty()) {
        tell("drydock: nothing is selected: {}\n",
             loaded.files.empty()       ? "there is no scenario file (*.scenario.yaml) in these paths"
             : loaded.scenarios.empty() ? "no scenario in these paths has an id with the text of --only"
                                        : "no scenario in these paths runs on the benches of --bench");
        return Exit::nothing_selected;
    }
    auto const start = std::chrono::steady_clock::now();
    report::RunRecord run = begin_run_record(command.command_line, command.seed.value_or(1));
    for (auto const& [scenario, bench] : plan) {
        if (*is_interrupted) {
            run.cases.push_back(
                never_ran(*scenario, bench, "not run: interrupted before", report::Verdict::inconclusive));
            continue;
        }
        run.cases.push_back(one_case(*scenario, bench, command, command.seed.value_or(scenario->seed.value_or(1))));
        if (!command.is_quiet) { say_progress(run.cases.back(), run.cases.size(), plan.size()); }
    }
    run.wall_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    finish_run_record(run, report_folder(command.output, run, run_name(command.paths)));
    return *is_interrupted ? Exit::interrupted : exit_of(run);
}

Exit check_scenarios(std::vector<std::string> const& paths) {
    Loaded const loaded = load(paths);
    if (!loaded.is_good()) { return Exit::usage; }
    if (loaded.files.empty()) {
        tell("drydock: no scenario file there (they end in {})\n", k_ending);
        return Exit::nothing_selected;
    }
    fmt::print("{}", tally(loaded));
    return Exit::passed;
}

Exit list_scenarios(std::vector<std::string> const& paths, bool as_json) {
    Loaded const loaded = load(paths);
    boost::json::array all;
    for (Scenario const& one : loaded.scenarios) {
        if (!as_json) { fmt::print("{:<44} {}\n", one.id, one.title); }
        boost::json::object item;
        item["id"] = one.id;
        item["title"] = one.title;
        item["file"] = one.file;
        all.push_back(std::move(item));
    }
    if (as_json) { fmt::print("{}\n", boost::json::serialize(all)); }
    if (!loaded.is_good()) { return Exit::usage; }
    return loaded.scenarios.empty() ? Exit::nothing_selected : Exit::passed;
}

}  // namespace drydock::rig
