#include "reports/write/text.h"
#include "reports/write/write.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock::report {

namespace {

// A summary of 1 MiB is refused as a whole where it is shown, so lists end early and say so.
constexpr std::size_t k_bytes_max = 900UL * 1024;
constexpr std::size_t k_rows_max = 200;
constexpr std::size_t k_text_max = 400;

std::string cell(std::string_view text) {
    if (text.size() <= k_text_max) { return as_markdown(text); }
    // The cut goes between two characters.
    std::size_t end = k_text_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) { --end; }
    return as_markdown(text.substr(0, end)) + " …";
}

std::string more(std::size_t all) {
    return all <= k_rows_max ? "" : fmt::format("\n{} more: see report.html.\n", all - k_rows_max);
}

std::string_view sign(Verdict verdict) {
    return verdict == Verdict::pass ? "✅" : verdict == Verdict::fail ? "❌" : "⚠️";
}

std::string why(CaseRecord const& one) {
    if (!one.message.empty()) { return one.message; }
    if (one.load && !one.load->sentence.empty()) { return one.load->sentence; }
    for (StepRecord const& step : one.steps) {
        if (step.verdict != Verdict::pass) {
            return fmt::format("{}:{} {}: {}", step.file, step.line, step.id, step.message);
        }
    }
    return {};
}

std::string thresholds_of(LoadRecord const& load) {
    if (load.thresholds.empty()) { return "\nNo thresholds were set.\n"; }
    std::string out = "\n| | threshold | level | observed |\n|---|---|---|---|\n";
    for (std::size_t i = 0; i < std::min(load.thresholds.size(), k_rows_max); ++i) {
        LoadThreshold const& one = load.thresholds[i];
        std::string_view const mark = one.outcome == "PASS"                     ? "✅"
                                      : one.outcome == "FAIL" && !one.is_should ? "❌"
                                                                                : "⚠️";
        out += fmt::format("| {} {} | {} | {} | {} |\n", mark, cell(outcome_of(one)), cell(one.text),
                           one.is_should ? "should" : "must", cell(one.observed));
    }
    return out + more(load.thresholds.size());
}

std::string percentiles_of(LoadRecord const& load) {
    std::string rows;
    std::size_t count = 0;
    for (LoadRow const* const row : rows_by_phase(load)) {
        for (auto const& [name, times] : row->times) {
            if (++count > k_rows_max) { continue; }
            rows += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", cell(name), cell(row->phase),
                                cell(row->link), times.count, milliseconds(times.p50), milliseconds(times.p95),
                                milliseconds(times.p99), milliseconds(times.p999), milliseconds(times.max));
        }
    }
    if (count == 0) { return {}; }
    return "\n| time | phase | link | count | p50 | p95 | p99 | p99.9 | longest |\n"
           "|---|---|---|--:|--:|--:|--:|--:|--:|\n" +
           rows + more(count);
}

std::string errors_of(LoadRecord const& load) {
    if (load.errors.empty()) { return "\nNo errors.\n"; }
    std::string out = "\n| errors | count |\n|---|--:|\n";
    std::size_t count = 0;
    for (auto const& [cause, times] : load.errors) {
        if (++count <= k_rows_max) { out += fmt::format("| {} | {} |\n", cell(cause), times); }
    }
    return out + more(count);
}

std::string load_of(CaseRecord const& one) {
    LoadRecord const& load = *one.load;
    std::string out = fmt::format("\n### {} {}: {}\n\n", sign(one.verdict), cell(one.id), to_text(load.verdict));
    if (!load.sentence.empty()) { out += cell(load.sentence) + "\n\n"; }
    out += fmt::format("{} by {} on {}\n", counted(load.devices, "device"), counted(load.workers, "worker"),
                       cell(load.machine));
    return out + thresholds_of(load) + percentiles_of(load) + errors_of(load);
}

}  // namespace

std::string write_markdown(RunRecord const& run) {
    auto const passed =
        std::count_if(run.cases.begin(), run.cases.end(), [](CaseRecord const& one) { return is_passed(one.verdict); });
    std::string out =
        fmt::format("## {} Drydock: {}\n\n{} of {} passed in {:.1f} s, {}\n", sign(run.verdict), to_text(run.verdict),
                    passed, counted(run.cases.size(), "case"), run.wall_ms / 1000, cell(run.started));
    if (std::string const part = part_to_merge(run); !part.empty()) { out += '\n' + cell(part) + '\n'; }
    std::string bad;
    std::size_t count = 0;
    for (CaseRecord const& one : run.cases) {
        if (one.verdict == Verdict::pass || ++count > k_rows_max) { continue; }
        bad += fmt::format("| {} {} | {} | {} | {} |\n", sign(one.verdict), to_text(one.verdict), cell(one.id),
                           cell(one.bench), cell(why(one)));
    }
    if (count != 0) { out += "\n| verdict | case | bench | why |\n|---|---|---|---|\n" + bad + more(count); }
    std::size_t loads = 0;
    constexpr std::size_t k_loads_max = 10;
    for (CaseRecord const& one : run.cases) {
        if (one.load && ++loads <= k_loads_max) { out += load_of(one); }
    }
    if (loads > k_loads_max) { out += fmt::format("\n{} more load runs: see report.html.\n", loads - k_loads_max); }
    if (out.size() <= k_bytes_max) { return out; }
    out.resize(out.rfind('\n', k_bytes_max) + 1);
    return out + "\nToo long: the rest is in report.html.\n";
}

}  // namespace drydock::report
