#include "rig/run/walk.h"

#include "rig/scenario/interpolate.h"
#include "rig/scenario/matcher.h"
#include "server/base/check.h"
#include "server/base/spawn.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace drydock::rig {

namespace {

using report::CheckKind;
using report::Verdict;

// How often an unmet condition is looked at again: short against a person's patience, long against
// a request to the cloud.
constexpr auto k_look_again = std::chrono::milliseconds(20);
constexpr auto k_join_look = std::chrono::milliseconds(1);

double to_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::string shown(std::optional<std::string> const& seen) { return seen ? *seen : "absent"; }

struct Join {
    std::size_t left = 0;
    std::exception_ptr failure;
};

awaitable<void> branch(Walk& walk, std::vector<Block> const& blocks, std::shared_ptr<Join> join) {
    try {
        co_await walk.blocks(blocks);
    } catch (...) { join->failure = std::current_exception(); }
    --join->left;
}

}  // namespace

void Walk::begin_teardown() {
    in_teardown_ = true;
    stopped_.clear();
}

void Walk::stop(std::string why) { stopped_ = std::move(why); }

awaitable<void> Walk::blocks(std::vector<Block> const& blocks) {
    for (Block const& block : blocks) {
        if ((failed_hard_ && !in_teardown_) || !stopped_.empty()) { co_return; }
        if (auto const* one = std::get_if<Step>(&block.what)) {
            co_await step(*one);
        } else if (auto const* split = std::get_if<Parallel>(&block.what)) {
            co_await parallel(*split);
        } else {
            auto const& repeat = std::get<Repeat>(block.what);
            for (std::size_t i = 0; i < repeat.times && !failed_hard_ && stopped_.empty(); ++i) {
                co_await this->blocks(repeat.steps);
            }
        }
    }
}

awaitable<void> Walk::parallel(Parallel const& block) {
    auto join = std::make_shared<Join>();
    join->left = block.branches.size();
    Loop& loop = stage_.bench().loop();
    for (auto const& one : block.branches) { spawn(loop.executor, "parallel branch", branch(*this, one, join)); }
    while (join->left > 0) { co_await sleep_until(loop.clock, loop.clock.now() + k_join_look); }
    if (join->failure) { std::rethrow_exception(join->failure); }
}

awaitable<void> Walk::step(Step const& step) {
    Clock& clock = stage_.bench().loop().clock;
    std::size_t const at = record_.steps.size();
    report::StepRecord begun;
    begun.id = step.id;
    begun.by = step.by;
    begun.verb = step.verb;
    begun.file = scenario_.file;
    begun.line = step.at.line;
    begun.note = step.note;
    begun.covers = step.covers;
    begun.started_ms = to_ms(clock.now().time_since_epoch());
    begun.verdict = Verdict::pass;
    record_.steps.push_back(std::move(begun));
    stage_.bench().events().append("scenario", "step.began", {{"id", step.id}, {"verb", step.verb}});
    TimePoint const from = clock.now();
    std::string fault;
    try {
        co_await act(step, at);
    } catch (StepError const& e) { fault = e.what(); }
    if (!fault.empty()) { fail_step(at, "the step is at fault: " + fault); }
    report::StepRecord& record = record_.steps[at];
    record.duration_ms = to_ms(clock.now() - from);
    stage_.bench().events().append("scenario", "step.ended",
                                   {{"id", step.id}, {"verdict", std::string(to_text(record.verdict))}});
    if (record.verdict == Verdict::fail && !step.is_soft) { failed_hard_ = true; }
}

awaitable<void> Walk::act(Step const& step, std::size_t at) {
    TimePoint const from = stage_.bench().loop().clock.now();
    Outcome outcome;
    if (!step.verb.empty()) {
        Value with;
        with.data = step.with;
        with = interpolated(with);
        StepContext context(stage_, step, *with.map());
        outcome = co_await verb(step).run(std::move(context));
    }
    judge_refusal(step, outcome, at);
    save(step, outcome, at);
    co_await expect(step, outcome, at);
    if (step.eventually && record_.steps[at].verdict == Verdict::pass) { co_await eventually(step, from, at); }
    if (step.never && record_.steps[at].verdict == Verdict::pass) { co_await never(step, at); }
}

void Walk::judge_refusal(Step const& step, Outcome const& outcome, std::size_t at) {
    if (step.accepts_any) { return; }
    if (step.expect_error) {
        add_check(at, CheckKind::error, "refusal", *step.expect_error, outcome.is_refused() ? outcome.error : "done",
                  outcome.error == *step.expect_error);
        return;
    }
    if (outcome.is_refused()) {
        std::string const seen = outcome.error + (outcome.message.empty() ? "" : ": " + outcome.message);
        add_check(at, CheckKind::error, "refusal", "none", seen, false);
    }
}

void Walk::save(Step const& step, Outcome const& outcome, std::size_t at) {
    auto& variables = stage_.variables();
    for (auto const& [variable, path] : step.save) {
        bool found = false;
        for (auto const& [name, value] : outcome.results) {
            if (name == path) {
                variables[variable] = value;
                found = true;
            } else if (name.starts_with(path + ".")) {
                variables[variable + name.substr(path.size())] = value;
                found = true;
            }
        }
        // A refused verb that was accepted has nothing to save.
        if (!found && !outcome.is_refused()) { fail_step(at, "the result has no '" + path + "' to save"); }
    }
}

awaitable<void> Walk::expect(Step const& step, Outcome const& outcome, std::size_t at) {
    for (Condition const& condition : step.expect) {
        Value const matcher = interpolated(condition.matcher);
        auto const seen = co_await observed(condition.path, outcome);
        auto const matched = matches(matcher, seen);
        add_check(at, CheckKind::expect, condition.path, matched.expected, shown(seen), matched.ok);
    }
}

awaitable<std::optional<std::string>> Walk::observed(std::string path, Outcome const& outcome) {
    if (auto found = outcome.find(path)) { co_return found; }
    co_return co_await stage_.observe(path);
}

awaitable<void> Walk::eventually(Step const& step, TimePoint from, std::size_t at) {
    Clock& clock = stage_.bench().loop().clock;
    TimePoint const deadline = from + step.eventually->within;
    Outcome const nothing;
    for (;;) {
        struct Seen {
            std::string path;
            std::string expected;
            std::string value;
            bool ok;
        };
        std::vector<Seen> all;
        for (Condition const& condition : step.eventually->that) {
            Value const matcher = interpolated(condition.matcher);
            auto const seen = co_await stage_.observe(condition.path);
            auto const matched = matches(matcher, seen);
            all.push_back(Seen{condition.path, matched.expected, shown(seen), matched.ok});
        }
        bool const is_true = std::all_of(all.begin(), all.end(), [](Seen const& seen) { return seen.ok; });
        if (is_true || clock.now() >= deadline || !stopped_.empty()) {
            if (is_true) { record_.steps[at].time_to_true_ms = to_ms(clock.now() - from); }
            for (Seen const& seen : all) {
                add_check(at, CheckKind::eventually, seen.path, seen.expected, seen.value, seen.ok);
            }
            co_return;
        }
        co_await sleep_until(clock, clock.now() + k_look_again);
    }
}

awaitable<void> Walk::never(Step const& step, std::size_t at) {
    Clock& clock = stage_.bench().loop().clock;
    TimePoint const end = clock.now() + step.never->for_time;
    while (clock.now() < end && stopped_.empty()) {
        for (Condition const& condition : step.never->that) {
            Value const matcher = interpolated(condition.matcher);
            auto const seen = co_await stage_.observe(condition.path);
            auto const matched = matches(matcher, seen);
            if (matched.ok) {
                add_check(at, CheckKind::never, condition.path, "never " + matched.expected, shown(seen), false);
                co_return;
            }
        }
        co_await sleep_until(clock, clock.now() + k_look_again);
    }
    for (Condition const& condition : step.never->that) {
        auto const expected = matches(interpolated(condition.matcher), std::nullopt).expected;
        add_check(at, CheckKind::never, condition.path, "never " + expected, "never seen", true);
    }
}

void Walk::add_check(std::size_t at, report::CheckKind kind, std::string path, std::string expected, std::string seen,
                     bool passed) {
    report::StepRecord& record = record_.steps[at];
    report::CheckRecord check;
    check.kind = kind;
    check.path = std::move(path);
    check.expected = stage_.redacted(std::move(expected));
    check.observed = stage_.redacted(std::move(seen));
    check.passed = passed;
    if (!passed && record.verdict == Verdict::pass) {
        record.verdict = Verdict::fail;
        record.message = check.path + " should be " + check.expected + " but was " + check.observed;
    }
    record.checks.push_back(std::move(check));
}

void Walk::fail_step(std::size_t at, std::string message) {
    record_.steps[at].verdict = Verdict::fail;
    record_.steps[at].message = stage_.redacted(std::move(message));
}

void Walk::finish(std::string infrastructure) {
    record_.verdict = Verdict::pass;
    for (auto const& step : record_.steps) { record_.verdict = report::worst(record_.verdict, step.verdict); }
    if (!infrastructure.empty()) {
        record_.verdict = Verdict::infrastructure;
        record_.message = std::move(infrastructure);
        return;
    }
    if (!stopped_.empty()) {
        record_.verdict = report::worst(record_.verdict, Verdict::inconclusive);
        record_.message = stopped_;
    }
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
