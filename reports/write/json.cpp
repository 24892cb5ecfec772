#include "reports/write/load_json.h"
#include "reports/write/text.h"
#include "reports/write/write.h"

#include <boost/json.hpp>

#include <cstdio>

namespace drydock::report {

namespace {

namespace json = boost::json;

json::array to_json(std::vector<std::string> const& texts) {
    json::array out;
    for (std::string const& text : texts) { out.emplace_back(as_utf8(text)); }
    return out;
}

json::object to_json(StepRecord const& step) {
    json::object out;
    out["id"] = as_utf8(step.id);
    out["by"] = as_utf8(step.by);
    out["verb"] = as_utf8(step.verb);
    out["file"] = as_utf8(step.file);
    out["line"] = step.line;
    out["verdict"] = to_text(step.verdict);
    out["started_ms"] = step.started_ms;
    out["duration_ms"] = step.duration_ms;
    if (step.time_to_true_ms) { out["time_to_true_ms"] = *step.time_to_true_ms; }
    json::array checks;
    for (CheckRecord const& check : step.checks) {
        json::object item;
        item["kind"] = to_text(check.kind);
        item["path"] = as_utf8(check.path);
        item["expected"] = as_utf8(check.expected);
        item["observed"] = as_utf8(check.observed);
        item["passed"] = check.passed;
        checks.push_back(std::move(item));
    }
    out["checks"] = std::move(checks);
    out["covers"] = to_json(step.covers);
    out["message"] = as_utf8(step.message);
    out["note"] = as_utf8(step.note);
    return out;
}

json::object to_json(CaseRecord const& one) {
    json::object out;
    out["id"] = as_utf8(one.id);
    out["title"] = as_utf8(one.title);
    out["file"] = as_utf8(one.file);
    out["bench"] = as_utf8(one.bench);
    out["seed"] = one.seed;
    if (one.event_log_hash) {
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(*one.event_log_hash));
        out["event_log_hash"] = text;
    }
    out["verdict"] = to_text(one.verdict);
    out["message"] = as_utf8(one.message);
    if (one.is_scenario_at_fault) { out["scenario_at_fault"] = true; }
    out["duration_ms"] = one.duration_ms;
    out["wall_ms"] = one.wall_ms;
    json::array steps;
    for (StepRecord const& step : one.steps) { steps.push_back(to_json(step)); }
    out["steps"] = std::move(steps);
    json::array events;
    for (EventRecord const& event : one.events) {
        json::object item;
        item["at_ms"] = event.at_ms;
        item["subject"] = as_utf8(event.subject);
        item["kind"] = as_utf8(event.kind);
        json::object fields;
        for (auto const& [name, value] : event.fields) { fields[as_utf8(name)] = as_utf8(value); }
        item["fields"] = std::move(fields);
        events.push_back(std::move(item));
    }
    out["events"] = std::move(events);
    out["reproduce"] = as_utf8(one.reproduce);
    if (one.load) { out["load"] = to_json(*one.load); }
    return out;
}

}  // namespace

std::string write_json(RunRecord const& run) {
    json::object out;
    out["drydock_run"] = 1;
    out["version"] = as_utf8(run.version);
    out["started"] = as_utf8(run.started);
    out["command"] = as_utf8(run.command);
    out["system"] = as_utf8(run.system);
    out["compiler"] = as_utf8(run.compiler);
    out["seed"] = run.seed;
    out["wall_ms"] = run.wall_ms;
    out["verdict"] = to_text(run.verdict);
    json::array cases;
    for (CaseRecord const& one : run.cases) { cases.push_back(to_json(one)); }
    out["cases"] = std::move(cases);
    json::array requirements;
    for (RequirementVerdict const& judged : run.requirements) {
        json::object item;
        item["id"] = as_utf8(judged.requirement.id);
        item["level"] = as_utf8(judged.requirement.level);
        item["text"] = as_utf8(judged.requirement.text);
        item["source"] = as_utf8(judged.requirement.source);
        item["verdict"] = to_text(judged.verdict);
        item["checks"] = judged.checks;
        requirements.push_back(std::move(item));
    }
    out["requirements"] = std::move(requirements);
    return json::serialize(out);
}

}  // namespace drydock::report
