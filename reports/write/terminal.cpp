#include "reports/write/text.h"
#include "reports/write/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace drydock::report {

namespace {

std::string painted(Verdict verdict, Color color) {
    std::string text = fmt::format("{:<14}", to_text(verdict));
    if (color == Color::no) { return text; }
    int const code = verdict == Verdict::pass ? 32 : verdict == Verdict::fail ? 31 : 33;
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

// When fewer devices were online at each look than should have been at some, or fewer than half at the last; empty
// else.
std::string missing_of(LoadRecord const& load) {
    std::uint64_t online = 0;
    std::uint64_t expected = 0;
    for (LoadTick const& tick : load.ticks) {
        online = std::max(online, tick.online);
        expected = std::max(expected, tick.expected);
    }
    if (online < expected) { return fmt::format(", at most {} online of {} expected", online, expected); }
    if (load.ticks.empty() || load.ticks.back().online * 2 >= load.ticks.back().expected) { return {}; }
    return fmt::format(", {} online of {} expected at the end", load.ticks.back().online, load.ticks.back().expected);
}

// The kinds that came most often, the rest only counted: " (refused 40, no answer 3, 2 others)".
std::string most_frequent(std::map<std::string, std::uint64_t> const& errors) {
    constexpr std::size_t k_told = 3;
    std::vector<std::pair<std::string, std::uint64_t>> kinds(errors.begin(), errors.end());
    std::erase_if(kinds, [](auto const& kind) { return kind.second == 0; });
    std::stable_sort(kinds.begin(), kinds.end(), [](auto const& a, auto const& b) { return a.second > b.second; });
    std::string out;
    std::uint64_t others = 0;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (i >= k_told) {
            others += kinds[i].second;
            continue;
        }
        out += fmt::format("{}{} {}", out.empty() ? " (" : ", ", kinds[i].first, kinds[i].second);
    }
    if (others > 0) { out += fmt::format(", {}", counted(others, "other")); }
    return out.empty() ? out : out + ")";
}

// What was asked of a load run, and how long its logins took.
std::string load_of(LoadRecord const& load) {
    std::string const part = part_of(load);
    std::string out = fmt::format("    {} by {}{}{}{}\n", counted(load.devices, "device"),
                                  counted(load.workers, "worker"), part.empty() ? "" : ", ", part, missing_of(load));
    for (LoadRow const* const row : rows_by_phase(load)) {
        for (auto const& [name, times] : row->times) {
            if (name != "auth") { continue; }
            out += fmt::format("    {} over {}: {}, p50 {}, p99 {}, longest {}\n", row->phase, row->link,
                               counted(times.count, "login"), milliseconds(times.p50), milliseconds(times.p99),
                               milliseconds(times.max));
        }
    }
    std::uint64_t errors = 0;
    for (auto const& [cause, count] : load.errors) { errors += count; }
    out += fmt::format("    {}{}", counted(errors, "error"), most_frequent(load.errors));
    if (load.memory_slope_kib_per_min) {
        out += fmt::format(", the server's memory moved by {:.0f} KiB a minute over the longest hold",
                           *load.memory_slope_kib_per_min);
    }
    out += '\n';
    for (LoadThreshold const& one : load.thresholds) {
        bool const is_missed_should = one.is_should && one.outcome != to_text(Verdict::pass);
        out += fmt::format("    {:<10} {}{}{}{}\n", outcome_of(one), one.text, one.observed.empty() ? "" : ": ",
                           one.observed, is_missed_should ? " (should hold, not must)" : "");
    }
    return out;
}

// A command of the record, as this user types it.
std::string typed(std::string const& command, std::string_view program) {
    constexpr std::string_view k_recorded = "drydock ";
    if (!command.starts_with(k_recorded)) { return command; }
    return fmt::format("{} {}", program, command.substr(k_recorded.size()));
}

// Empty when the run is about no requirement, such as a fleet without a scenario.
std::string requirements_of(RunRecord const& run) {
    std::map<std::string, std::size_t> totals;
    bool is_about_some = false;
    for (RequirementVerdict const& judged : run.requirements) {
        ++totals[std::string(to_text(judged.verdict))];
        is_about_some |= judged.verdict != Verdict::not_covered;
    }
    if (!is_about_some) { return {}; }
    std::string out = "\nrequirements:";
    for (auto const& [verdict, count] : totals) { out += fmt::format(" {} {}", count, verdict); }
    return out;
}

}  // namespace

std::string write_terminal(RunRecord const& run, Color color, std::string_view program) {
    std::string out =
        fmt::format("\n{:<44} {:<13} {:<14} {:>7} {:>12}\n", "scenario", "bench", "verdict", "steps", "clock");
    for (CaseRecord const& one : run.cases) {
        out += fmt::format("{:<44} {:<13} {} {:>7} {:>10.1f} s\n", one.id, one.bench, painted(one.verdict, color),
                           one.steps.size(), one.duration_ms / 1000);
        if (!one.message.empty()) { out += fmt::format("    {}\n", one.message); }
        if (one.load) { out += load_of(*one.load); }
        std::size_t unreached = 0;
        for (StepRecord const& step : one.steps) {
            if (!step.was_reached) { ++unreached; }
            if (step.verdict == Verdict::pass || !step.was_reached) { continue; }
            out += fmt::format("    {}:{} step '{}': {}\n", one.file, step.line, step.id, step.message);
        }
        if (unreached > 0) { out += fmt::format("    steps not reached: {}\n", unreached); }
        if (one.verdict != Verdict::pass && !one.reproduce.empty()) {
            out += fmt::format("    again: {}\n", typed(one.reproduce, program));
        }
    }
    out += requirements_of(run) + fmt::format("\nverdict: {} ({} in {:.1f} s)\n", painted(run.verdict, color),
                                              counted(run.cases.size(), "case"), run.wall_ms / 1000);
    std::string const part = part_to_merge(run, program);
    return part.empty() ? out : out + part + '\n';
}

}  // namespace drydock::report
