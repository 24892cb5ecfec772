#include "reports/model/record.h"

#include <algorithm>

namespace drydock::report {

std::string_view to_text(CheckKind kind) {
    switch (kind) {
        case CheckKind::expect: return "expect";
        case CheckKind::eventually: return "eventually";
        case CheckKind::never: return "never";
        case CheckKind::error: return "error";
    }
    return "expect";
}

void judge(RunRecord& run, std::vector<Requirement> const& catalogue) {
    run.verdict = run.cases.empty() ? Verdict::not_covered : Verdict::pass;
    for (CaseRecord const& one : run.cases) { run.verdict = worst(run.verdict, one.verdict); }
    run.requirements.clear();
    for (Requirement const& requirement : catalogue) {
        RequirementVerdict judged;
        judged.requirement = requirement;
        for (CaseRecord const& one : run.cases) {
            if (std::find(one.covers.begin(), one.covers.end(), requirement.id) != one.covers.end()) {
                // What broke beside the product leaves open what the product does.
                Verdict const seen = one.verdict == Verdict::infrastructure ? Verdict::inconclusive : one.verdict;
                judged.verdict = worst(judged.verdict, seen);
                ++judged.checks;
            }
            for (StepRecord const& step : one.steps) {
                if (std::find(step.covers.begin(), step.covers.end(), requirement.id) == step.covers.end()) {
                    continue;
                }
                judged.verdict = worst(judged.verdict, step.verdict);
                ++judged.checks;
            }
        }
        run.requirements.push_back(std::move(judged));
    }
}

}  // namespace drydock::report
