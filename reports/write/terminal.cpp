#include "reports/write/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace drydock::report {

namespace {

std::string painted(Verdict verdict, Color color) {
    std::string text = fmt::format("{:<14}", to_text(verdict));
    if (color == Color::no) { return text; }
    int const code = verdict == Verdict::pass ? 32 : verdict == Verdict::fail ? 31 : 33;
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace

std::string write_terminal(RunRecord const& run, Color color) {
    std::string out =
        fmt::format("\n{:<44} {:<13} {:<14} {:>7} {:>12}\n", "scenario", "bench", "verdict", "steps", "clock");
    for (CaseRecord const& one : run.cases) {
        out += fmt::format("{:<44} {:<13} {} {:>7} {:>10.1f} s\n", one.id, one.bench, painted(one.verdict, color),
                           one.steps.size(), one.duration_ms / 1000);
        if (!one.message.empty()) { out += fmt::format("    {}\n", one.message); }
        std::size_t unreached = 0;
        for (StepRecord const& step : one.steps) {
            if (!step.was_reached) { ++unreached; }
            if (step.verdict == Verdict::pass || !step.was_reached) { continue; }
            out += fmt::format("    {}:{} step '{}': {}\n", one.file, step.line, step.id, step.message);
        }
        if (unreached > 0) { out += fmt::format("    steps not reached: {}\n", unreached); }
        if (one.verdict != Verdict::pass) { out += fmt::format("    again: {}\n", one.reproduce); }
    }
    std::map<std::string, std::size_t> totals;
    for (RequirementVerdict const& judged : run.requirements) { ++totals[std::string(to_text(judged.verdict))]; }
    out += "\nrequirements:";
    for (auto const& [verdict, count] : totals) { out += fmt::format(" {} {}", count, verdict); }
    return out + fmt::format("\nverdict: {} ({} cases in {:.1f} s)\n", painted(run.verdict, color), run.cases.size(),
                             run.wall_ms / 1000);
}

}  // namespace drydock::report
