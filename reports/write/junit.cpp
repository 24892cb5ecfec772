#include "reports/write/text.h"
#include "reports/write/write.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock::report {

namespace {

std::string why(CaseRecord const& one) {
    if (!one.message.empty()) { return one.message; }
    for (StepRecord const& step : one.steps) {
        if (step.verdict != Verdict::pass) {
            return fmt::format("{}:{} step {}: {}", one.file, step.line, step.id, step.message);
        }
    }
    return {};
}

}  // namespace

std::string write_junit(RunRecord const& run) {
    auto const count = [&](Verdict verdict) {
        return std::count_if(run.cases.begin(), run.cases.end(),
                             [verdict](CaseRecord const& one) { return one.verdict == verdict; });
    };
    auto const errors = count(Verdict::infrastructure) + count(Verdict::inconclusive);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n", run.cases.size(),
                       count(Verdict::fail), errors, run.wall_ms / 1000);
    out += fmt::format("<testsuite name=\"drydock\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
                       run.cases.size(), count(Verdict::fail), errors, count(Verdict::not_applicable));
    for (CaseRecord const& one : run.cases) {
        out += fmt::format("<testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3f}\">", as_markup(one.bench),
                           as_markup(one.id), as_markup(one.file), one.wall_ms / 1000);
        // The product's failure is a failure; the rig's own trouble is an error.
        if (one.verdict == Verdict::fail) { out += fmt::format("<failure message=\"{}\"/>", as_markup(why(one))); }
        if (one.verdict == Verdict::infrastructure || one.verdict == Verdict::inconclusive) {
            out += fmt::format("<error message=\"{}\"/>", as_markup(why(one)));
        }
        if (one.verdict == Verdict::not_applicable) { out += "<skipped/>"; }
        out += "</testcase>\n";
    }
    return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace drydock::report
