// What one step does and looks at.
#include "rig/run/walk.h"
#include "rig/scenario/interpolate.h"
#include "rig/scenario/matcher.h"
#include "server/base/check.h"
#include "server/base/spawn.h"

#include <algorithm>
#include <chrono>

namespace drydock::rig {

namespace {

using report::CheckKind;
using report::Verdict;

// How often an unmet condition is looked at again: short against a person's patience, long against
// a request to the cloud.
constexpr auto k_look_again = std::chrono::milliseconds(20);

std::string shown(std::optional<std::string> const& seen) { return seen ? *seen : "absent"; }

// A condition, and what was seen of it.
struct Seen {
    report::CheckRecord check;
    std::string sentence;  // when it was not met
};

Seen seen_of(CheckKind kind, std::string const& path, Value const& matcher, std::optional<std::string> const& value) {
    MatchResult const matched = matches(matcher, value);
    return {{kind, path, matched.expected, shown(value), matched.ok},
            path + " " + matched.wish + " but was " + shown(value)};
}

std::string unmet_text(std::vector<Seen> const& all) {
    std::string out;
    for (Seen const& seen : all) {
        if (!seen.check.passed) { out += (out.empty() ? "" : ", ") + seen.sentence; }
    }
    return out;
}

}  // namespace

awaitable<void> Walk::act(Step const& step, Attempt& attempt) {
    TimePoint const from = stage_.bench().loop().clock.now();
    Outcome outcome;
    if (!step.verb.empty()) {
        Value with;
        with.data = step.with;
        with = interpolated(with);
        StepContext context(stage_, step, *with.map());
        outcome = co_await verb(step).run(std::move(context));
    }
    if (attempt.is_over) { co_return; }
    judge_refusal(step, outcome, attempt);
    save(step, outcome, attempt);
    co_await expect(step, outcome, attempt);
    if (step.eventually && attempt.record.verdict == Verdict::pass) { co_await eventually(step, from, attempt); }
    if (step.never && attempt.record.verdict == Verdict::pass) { co_await never(step, attempt); }
}

void Walk::judge_refusal(Step const& step, Outcome const& outcome, Attempt& attempt) {
    if (step.accepts_any) { return; }
    if (step.expect_error) {
        std::string const seen = outcome.is_refused() ? outcome.error : "done";
        add_check(attempt, {CheckKind::error, "refusal", *step.expect_error, seen, outcome.error == *step.expect_error},
                  "it should be refused with '" + *step.expect_error + "' but " +
                      (outcome.is_refused() ? "the refusal was '" + seen + "'" : "it was done"));
        return;
    }
    if (outcome.is_refused()) {
        std::string const seen = outcome.error + (outcome.message.empty() ? "" : ": " + outcome.message);
        // A verb that only checks refuses with what it found.
        bool const is_finding = step.verb.starts_with("check.") && !outcome.message.empty();
        add_check(attempt, {CheckKind::error, "refusal", "none", seen, false},
                  is_finding ? outcome.message : "it should be done but it was refused: " + seen);
    }
}

void Walk::save(Step const& step, Outcome const& outcome, Attempt& attempt) {
    auto& variables = stage_.variables();
    for (Saving const& saving : step.save) {
        bool found = false;
        for (auto const& [name, value] : outcome.results) {
            if (name == saving.path) {
                variables[saving.variable] = value;
                found = true;
            } else if (name.starts_with(saving.path + ".")) {
                variables[saving.variable + name.substr(saving.path.size())] = value;
                found = true;
            }
        }
        // A refused verb that was accepted has nothing to save.
        if (!found && !outcome.is_refused()) {
            attempt.record.verdict = Verdict::fail;
            attempt.record.message = "the result has no '" + saving.path + "' to save";
        }
    }
}

awaitable<void> Walk::expect(Step const& step, Outcome const& outcome, Attempt& attempt) {
    for (Condition const& condition : step.expect) {
        Value const matcher = interpolated(condition.matcher);
        auto const value = co_await observed(condition.path, outcome);
        Seen seen = seen_of(CheckKind::expect, condition.path, matcher, value);
        add_check(attempt, std::move(seen.check), std::move(seen.sentence));
    }
}

awaitable<std::optional<std::string>> Walk::observed(std::string path, Outcome const& outcome) {
    if (auto found = outcome.find(path)) { co_return found; }
    co_return co_await stage_.observe(path);
}

awaitable<void> Walk::eventually(Step const& step, TimePoint from, Attempt& attempt) {
    Clock& clock = stage_.bench().loop().clock;
    TimePoint const deadline = from + step.eventually->within;
    while (!attempt.is_over) {
        std::vector<Seen> all;
        for (Condition const& condition : step.eventually->that) {
            Value const matcher = interpolated(condition.matcher);
            auto const value = co_await stage_.observe(condition.path);
            all.push_back(seen_of(CheckKind::eventually, condition.path, matcher, value));
        }
        bool const is_true = std::all_of(all.begin(), all.end(), [](Seen const& seen) { return seen.check.passed; });
        attempt.looking = unmet_text(all);
        if (is_true || clock.now() >= deadline) {
            if (is_true) {
                attempt.record.time_to_true_ms = std::chrono::duration<double, std::milli>(clock.now() - from).count();
            }
            for (Seen& seen : all) { add_check(attempt, std::move(seen.check), std::move(seen.sentence)); }
            co_return;
        }
        co_await sleep_until(clock, clock.now() + k_look_again);
    }
}

awaitable<void> Walk::never(Step const& step, Attempt& attempt) {
    Clock& clock = stage_.bench().loop().clock;
    TimePoint const end = clock.now() + step.never->for_time;
    while (clock.now() < end && !attempt.is_over) {
        for (Condition const& condition : step.never->that) {
            Value const matcher = interpolated(condition.matcher);
            auto const seen = co_await stage_.observe(condition.path);
            auto const matched = matches(matcher, seen);
            attempt.looking = condition.path + " was " + shown(seen) + ", as it should";
            if (matched.ok) {
                add_check(attempt, {CheckKind::never, condition.path, "never " + matched.expected, shown(seen), false},
                          condition.path + " should never be " + matched.expected + " but was " + shown(seen));
                co_return;
            }
        }
        co_await sleep_until(clock, clock.now() + k_look_again);
    }
    for (Condition const& condition : step.never->that) {
        auto const expected = matches(interpolated(condition.matcher), std::nullopt).expected;
        add_check(attempt, {CheckKind::never, condition.path, "never " + expected, "never seen", true}, {});
    }
}

void Walk::add_check(Attempt& attempt, report::CheckRecord check, std::string sentence) {
    report::StepRecord& record = attempt.record;
    check.expected = stage_.redacted(std::move(check.expected));
    check.observed = stage_.redacted(std::move(check.observed));
    if (!check.passed && record.verdict == Verdict::pass) {
        record.verdict = Verdict::fail;
        record.message = stage_.redacted(std::move(sentence));
    }
    record.checks.push_back(std::move(check));
}

Value Walk::interpolated(Value const& value) const {
    auto const look_up = [this](std::string_view name) -> std::optional<std::string> {
        auto const& variables = stage_.variables();
        auto const found = variables.find(std::string(name));
        if (found == variables.end()) { return std::nullopt; }
        return found->second;
    };
    Value filled = value;
    if (auto* text = std::get_if<std::string>(&filled.data)) {
        auto replaced = interpolate(*text, look_up);
        if (!replaced) { throw StepError("'" + *text + "' uses a variable that no step has saved"); }
        *text = std::move(*replaced);
    } else if (auto* list = std::get_if<Value::List>(&filled.data)) {
        for (Value& item : *list) { item = interpolated(item); }
    } else {
        for (auto& [key, item] : std::get<Value::Map>(filled.data)) { item = interpolated(item); }
    }
    return filled;
}

Verb const& Walk::verb(Step const& step) const {
    auto const found =
        std::find_if(verbs_.begin(), verbs_.end(), [&](Verb const& one) { return one.spec.name == step.verb; });
    // The checker refused unknown verbs before anything ran.
    DRYDOCK_CHECK(found != verbs_.end());
    return *found;
}

}  // namespace drydock::rig
