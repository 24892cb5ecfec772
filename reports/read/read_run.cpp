#include "reports/read/members.h"
#include "reports/read/read.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace drydock::report {

namespace {

namespace json = boost::json;

CheckRecord check_of(json::value const& value, std::string const& where) {
    constexpr CheckKind all[] = {CheckKind::expect, CheckKind::eventually, CheckKind::never, CheckKind::error};
    Members members(value, where);
    CheckRecord check;
    std::string const kind = members.one_of("kind", {"expect", "eventually", "never", "error"});
    check.kind = *std::find_if(std::begin(all), std::end(all), [&](CheckKind one) { return to_text(one) == kind; });
    check.path = members.some_text("path");
    check.expected = members.text("expected");
    check.observed = members.text("observed");
    check.passed = members.flag("passed");
    members.end();
    return check;
}

StepRecord step_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    StepRecord step;
    step.id = members.some_text("id");
    step.by = members.text("by");
    step.verb = members.text("verb");
    step.file = members.some_text("file");
    step.line = members.count("line", 1);
    step.verdict = members.verdict(all_verdicts());
    step.started_ms = members.number("started_ms");
    step.duration_ms = members.number("duration_ms");
    step.time_to_true_ms = members.number_if_there("time_to_true_ms");
    members.each_item("checks", [&](json::value const& one, std::string const& place) {
        step.checks.push_back(check_of(one, place));
    });
    members.each_item("covers", [&](json::value const& one, std::string const& place) {
        step.covers.push_back(text_of(one, place));
    });
    step.message = members.text("message");
    step.note = members.text("note");
    members.end();
    return step;
}

EventRecord event_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    EventRecord event;
    event.at_ms = members.number("at_ms");
    event.subject = members.some_text("subject");
    event.kind = members.some_text("kind");
    members.each_member("fields", [&](std::string name, json::value const& one, std::string const& place) {
        event.fields.emplace_back(std::move(name), text_of(one, place));
    });
    members.end();
    return event;
}

std::uint64_t hash_of(std::string const& text, std::string const& where) {
    std::uint64_t hash = 0;
    auto const is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (text.size() != 16 || !std::all_of(text.begin(), text.end(), is_digit)) {
        throw BadRecord(where, "is not 16 hexadecimal digits");
    }
    std::from_chars(text.data(), text.data() + text.size(), hash, 16);
    return hash;
}

CaseRecord case_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    CaseRecord one;
    one.id = members.some_text("id");
    one.title = members.text("title");
    one.file = members.some_text("file");
    one.bench = members.some_text("bench");
    one.seed = members.count("seed");
    if (members.has("event_log_hash")) {
        one.event_log_hash = hash_of(members.text("event_log_hash"), members.where("event_log_hash"));
    }
    one.verdict = members.verdict(all_verdicts());
    one.message = members.text("message");
    one.duration_ms = members.number("duration_ms");
    one.wall_ms = members.number("wall_ms");
    members.each_item(
        "steps", [&](json::value const& step, std::string const& place) { one.steps.push_back(step_of(step, place)); });
    members.each_item("events", [&](json::value const& event, std::string const& place) {
        one.events.push_back(event_of(event, place));
    });
    one.reproduce = members.text("reproduce");
    if (members.has("load")) { one.load = load_of(members.value("load"), members.where("load")); }
    members.end();
    return one;
}

RequirementVerdict requirement_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    RequirementVerdict judged;
    judged.requirement.id = members.some_text("id");
    judged.requirement.level = members.one_of("level", {"must", "should", "may"});
    judged.requirement.text = members.some_text("text");
    judged.requirement.source = members.text("source");
    judged.verdict = members.verdict(all_verdicts());
    judged.checks = members.count("checks");
    members.end();
    return judged;
}

// "2026-01-01T10:00:00Z"
std::string utc_of(std::string text, std::string const& where) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    bool fits = text.size() == shape.size();
    for (std::size_t i = 0; fits && i < shape.size(); ++i) {
        fits = shape[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
    }
    if (!fits) { throw BadRecord(where, "is no time in UTC such as 2026-01-31T10:00:00Z"); }
    return text;
}

RunRecord run_of(json::value const& value) {
    Members members(value, "");
    if (std::uint64_t const version = members.count("drydock_run"); version != 1) {
        throw BadRecord("drydock_run", fmt::format("this version of drydock reads format 1, not {}", version));
    }
    RunRecord run;
    run.version = members.some_text("version");
    run.started = utc_of(members.text("started"), "started");
    run.command = members.some_text("command");
    run.system = members.some_text("system");
    run.compiler = members.some_text("compiler");
    run.seed = members.count("seed");
    run.wall_ms = members.number("wall_ms");
    run.verdict = members.verdict(all_verdicts());
    members.each_item(
        "cases", [&](json::value const& one, std::string const& place) { run.cases.push_back(case_of(one, place)); });
    members.each_item("requirements", [&](json::value const& one, std::string const& place) {
        run.requirements.push_back(requirement_of(one, place));
    });
    members.end();
    return run;
}

std::string not_json(std::string_view text, std::size_t at, std::string const& what) {
    std::string_view const before = text.substr(0, at);
    auto const line = std::count(before.begin(), before.end(), '\n') + 1;
    return fmt::format("line {}, byte {}: not JSON: {}", line, at, what);
}

}  // namespace

ReadResult read_run(std::string_view text) {
    if (text.size() > k_run_bytes_max) {
        return {{}, fmt::format("more than {} MiB: no run.json is so long", k_run_bytes_max >> 20U)};
    }
    json::monotonic_resource memory;
    json::parser parser(&memory);
    boost::system::error_code failure;
    std::size_t const at = parser.write_some(text.data(), text.size(), failure);
    if (failure) { return {{}, not_json(text, at, failure.message())}; }
    auto const rest = text.find_first_not_of(" \t\r\n", at);
    if (rest != std::string_view::npos) { return {{}, not_json(text, rest, "something follows the record")}; }
    try {
        return {run_of(parser.release()), {}};
    } catch (BadRecord const& e) { return {{}, e.what()}; }
}

}  // namespace drydock::report
