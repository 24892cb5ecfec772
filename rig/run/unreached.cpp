#include "rig/run/unreached.h"

#include <algorithm>

namespace drydock::rig {

namespace {

void collect(std::vector<Block> const& blocks, std::vector<Step const*>& steps) {
    for (Block const& block : blocks) {
        if (auto const* one = std::get_if<Step>(&block.what)) {
            steps.push_back(one);
        } else if (auto const* split = std::get_if<Parallel>(&block.what)) {
            for (auto const& branch : split->branches) { collect(branch, steps); }
        } else {
            collect(std::get<Repeat>(block.what).steps, steps);
        }
    }
}

}  // namespace

std::vector<Step const*> steps_in(std::vector<Block> const& blocks) {
    std::vector<Step const*> steps;
    collect(blocks, steps);
    return steps;
}

void add_unreached(report::CaseRecord& record, Scenario const& scenario, std::set<std::string> const& given_up) {
    record.covers = scenario.covers;
    std::set<std::string> begun;
    double end = 0;
    for (report::StepRecord const& step : record.steps) {
        begun.insert(step.id);
        end = std::max(end, step.started_ms + step.duration_ms);
    }
    for (Step const* const step : steps_in(scenario.steps)) {
        if (begun.contains(step->id)) { continue; }
        bool const is_given_up = given_up.contains(step->id);
        report::StepRecord missing;
        missing.id = step->id;
        missing.by = step->by;
        missing.verb = step->verb;
        missing.file = scenario.file;
        missing.line = step->at.line;
        missing.note = step->note;
        missing.covers = step->covers;
        missing.started_ms = end;
        missing.was_reached = false;
        missing.verdict = is_given_up ? report::Verdict::not_applicable : report::Verdict::inconclusive;
        missing.message = is_given_up ? "given up: another branch was first" : "not reached";
        record.steps.push_back(std::move(missing));
    }
}

}  // namespace drydock::rig
