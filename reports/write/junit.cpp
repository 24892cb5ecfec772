#include "reports/write/text.h"
#include "reports/write/write.h"

#include <fmt/format.h>

namespace drydock::report {

namespace {

std::string why(CaseRecord const& one) {
    if (!one.message.empty()) { return one.message; }
    for (StepRecord const& step : one.steps) {
        if (step.verdict != Verdict::pass) {
            return fmt::format("{}:{} step {}: {}", one.file, step.line, step.id, step.message);
        }
    }
    if (one.load) { return one.load->sentence; }
    return {};
}

struct Totals {
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::size_t skipped = 0;
};

enum class Mark { none, failure, error, skipped };

std::string test_case(Totals& totals, std::string const& head, Mark mark, std::string_view message) {
    ++totals.tests;
    totals.failures += mark == Mark::failure ? 1 : 0;
    totals.errors += mark == Mark::error ? 1 : 0;
    totals.skipped += mark == Mark::skipped ? 1 : 0;
    if (mark == Mark::none) { return fmt::format("<testcase {}></testcase>\n", head); }
    std::string_view const tag = mark == Mark::failure ? "failure" : mark == Mark::error ? "error" : "skipped";
    return fmt::format("<testcase {}><{} message=\"{}\"/></testcase>\n", head, tag, as_markup(message));
}

// The product's failure is a failure; the rig's own trouble is an error.
Mark mark_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::fail: return Mark::failure;
        case Verdict::infrastructure:
        case Verdict::inconclusive: return Mark::error;
        case Verdict::not_applicable: return Mark::skipped;
        case Verdict::not_covered:
        case Verdict::non_strict:
        case Verdict::pass: return Mark::none;
    }
    return Mark::none;
}

// JUnit knows no warnings: a threshold that only should hold, and every one of an inconclusive run, is skipped
// with its reason, so that viewers show it without failing.
std::string thresholds_of(Totals& totals, CaseRecord const& one) {
    std::string out;
    for (LoadThreshold const& threshold : one.load->thresholds) {
        Mark mark = threshold.outcome == "PASS" ? Mark::none : Mark::failure;
        std::string message = fmt::format("{}: observed {}", outcome_of(threshold), threshold.observed);
        if (mark == Mark::failure && threshold.is_should) {
            mark = Mark::skipped;
            message = "should hold, " + message;
        }
        if (one.load->verdict == Verdict::inconclusive) {
            mark = Mark::skipped;
            message = "the run is inconclusive; " + message;
        }
        out += test_case(totals,
                         fmt::format("classname=\"{}.{}\" name=\"{}\" file=\"{}\" time=\"0\"", as_markup(one.bench),
                                     as_markup(one.id), as_markup(threshold.text), as_markup(one.file)),
                         mark, message);
    }
    return out;
}

}  // namespace

std::string write_junit(RunRecord const& run) {
    Totals totals;
    std::string cases;
    for (CaseRecord const& one : run.cases) {
        cases += test_case(totals,
                           fmt::format("classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3f}\"", as_markup(one.bench),
                                       as_markup(one.id), as_markup(one.file), one.wall_ms / 1000),
                           mark_of(one.verdict), why(one));
        if (one.load) { cases += thresholds_of(totals, one); }
    }
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n", totals.tests,
                       totals.failures, totals.errors, run.wall_ms / 1000);
    out += fmt::format("<testsuite name=\"drydock\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
                       totals.tests, totals.failures, totals.errors, totals.skipped);
    if (std::string const part = part_to_merge(run); !part.empty()) {
        out += fmt::format("<properties><property name=\"part\" value=\"{}\"/></properties>\n", as_markup(part));
    }
    return out + cases + "</testsuite>\n</testsuites>\n";
}

}  // namespace drydock::report
