#include "rig/run/walk.h"

#include "rig/run/unreached.h"
#include "server/base/spawn.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>

namespace drydock::rig {

namespace {

using report::Verdict;

// A wait that only a ring should end looks up so often anyway.
constexpr auto k_look_up = std::chrono::hours(1);
constexpr std::size_t k_events_told = 8;

double to_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::string text_of(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& e) { return e.what(); } catch (...) {
        return "an unknown failure";
    }
}

std::string in_unit(Duration duration) {
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

}  // namespace

struct Walk::Join {
    Join(Loop& loop, Branch const* outer, std::size_t count) : bell(loop), branches(count, Branch{outer, false}) {}

    Bell bell;
    std::vector<Branch> branches;
    std::vector<Branch const*> ended;
    std::exception_ptr failure;
};

void Walk::begin_teardown(bool is_whole) {
    in_teardown_ = true;
    is_whole_ = is_whole;
    teardown_at_ = record_.steps.size();
    stopped_.clear();
}

void Walk::stop(std::string why) {
    was_stopped_ = std::move(why);
    if (in_teardown_) { return; }
    stopped_ = was_stopped_;
    for (auto const& attempt : under_way_) { attempt->bell.ring(); }
}

bool Walk::is_given_up(Branch const* branch) {
    for (; branch != nullptr; branch = branch->outer) {
        if (branch->is_given_up) { return true; }
    }
    return false;
}

awaitable<void> Walk::blocks(std::vector<Block> const& blocks, Branch const* branch) {
    for (Block const& block : blocks) {
        if (must_end(branch)) { co_return; }
        if (auto const* one = std::get_if<Step>(&block.what)) {
            co_await step(*one, branch);
        } else if (auto const* split = std::get_if<Parallel>(&block.what)) {
            co_await parallel(*split, branch);
        } else {
            auto const& repeat = std::get<Repeat>(block.what);
            for (std::size_t i = 0; i < repeat.times && !must_end(branch); ++i) {
                co_await this->blocks(repeat.steps, branch);
            }
        }
    }
}

awaitable<void> Walk::walk_branch(std::vector<Block> const& blocks, Branch const* branch, std::shared_ptr<Join> join) {
    try {
        co_await this->blocks(blocks, branch);
    } catch (...) { join->failure = std::current_exception(); }
    join->ended.push_back(branch);
    join->bell.ring();
}

awaitable<void> Walk::parallel(Parallel const& block, Branch const* outer) {
    Loop& loop = stage_.bench().loop();
    std::size_t const count = block.branches.size();
    auto join = std::make_shared<Join>(loop, outer, count);
    for (std::size_t i = 0; i < count; ++i) {
        spawn(loop.executor, "parallel branch", walk_branch(block.branches[i], &join->branches[i], join));
    }
    std::size_t const enough = block.joins_first ? 1 : count;
    while (join->ended.size() < enough) { co_await join->bell.wait(loop.clock.now() + k_look_up); }
    if (block.joins_first) { give_up_others(block, *join); }
    while (join->ended.size() < count) { co_await join->bell.wait(loop.clock.now() + k_look_up); }
    if (join->failure) { std::rethrow_exception(join->failure); }
}

void Walk::give_up_others(Parallel const& block, Join& join) {
    // A branch that was stopped with everything else did not win.
    if (must_end(join.ended.front()->outer)) { return; }
    for (std::size_t i = 0; i < join.branches.size(); ++i) {
        Branch& branch = join.branches[i];
        if (std::find(join.ended.begin(), join.ended.end(), &branch) != join.ended.end()) { continue; }
        branch.is_given_up = true;
        for (Step const* const step : steps_in(block.branches[i])) { given_up_.insert(step->id); }
    }
    for (auto const& attempt : under_way_) { attempt->bell.ring(); }
}

awaitable<void> Walk::attempt(Step const& step, std::shared_ptr<Attempt> attempt) {
    try {
        co_await act(step, *attempt);
    } catch (StepError const& e) { attempt->fault = e.what(); } catch (...) {
        attempt->failure = std::current_exception();
    }
    attempt->is_done = true;
    attempt->bell.ring();
}

awaitable<void> Walk::step(Step const& step, Branch const* branch) {
    Loop& loop = stage_.bench().loop();
    TimePoint const from = loop.clock.now();
    report::StepRecord begun;
    begun.id = step.id;
    begun.by = step.by;
    begun.verb = step.verb;
    begun.file = scenario_.file;
    begun.line = step.at.line;
    begun.note = step.note;
    begun.covers = step.covers;
    begun.started_ms = to_ms(from.time_since_epoch());
    begun.verdict = Verdict::pass;
    std::size_t const at = record_.steps.size();
    record_.steps.push_back(begun);
    // Until its checks are done it has shown nothing.
    record_.steps[at].verdict = Verdict::inconclusive;
    record_.steps[at].message = "under way when the case ended";
    stage_.bench().events().append("scenario", "step.began", {{"id", step.id}, {"verb", step.verb}});
    auto one = std::make_shared<Attempt>(loop, std::move(begun));
    under_way_.push_back(one);
    spawn(loop.executor, "step", attempt(step, one));
    TimePoint const until = from + step.timeout.value_or(Duration::max() / 4);
    while (!one->is_done && !is_cut_short(branch) && loop.clock.now() < until) {
        co_await one->bell.wait(std::min(until, loop.clock.now() + k_look_up));
    }
    one->is_over = true;
    std::erase(under_way_, one);
    end_attempt(step, branch, *one);
    one->record.duration_ms = to_ms(loop.clock.now() - from);
    record_.steps[at] = one->record;
    stage_.bench().events().append("scenario", "step.ended",
                                   {{"id", step.id}, {"verdict", std::string(to_text(one->record.verdict))}});
    if (one->record.verdict == Verdict::fail && !step.is_soft) { failed_hard_ = true; }
    if (one->failure && one->is_done) { std::rethrow_exception(one->failure); }
}

void Walk::end_attempt(Step const& step, Branch const* branch, Attempt& attempt) {
    if (!attempt.fault.empty()) {
        // What a step before never did cannot be undone: then it is no fault of the teardown.
        if (!in_teardown_ || is_whole_) { record_.is_scenario_at_fault = true; }
        failed_hard_ = true;
        return explain(attempt, Verdict::inconclusive, "the scenario is at fault: " + attempt.fault);
    }
    if (attempt.failure) { return explain(attempt, Verdict::inconclusive, text_of(attempt.failure)); }
    if (attempt.is_done) { return; }
    if (!stopped_.empty()) {
        return explain(attempt, Verdict::inconclusive, stopped_ + " during this step" + seen_instead(attempt));
    }
    if (is_given_up(branch)) { return explain(attempt, Verdict::not_applicable, "given up: another branch was first"); }
    explain(attempt, Verdict::fail, "not done within " + in_unit(*step.timeout) + seen_instead(attempt));
}

// A check that failed before has the last word.
void Walk::explain(Attempt& attempt, Verdict verdict, std::string why) const {
    if (attempt.record.verdict == Verdict::fail) { return; }
    attempt.record.verdict = verdict;
    attempt.record.message = stage_.redacted(std::move(why));
}

std::string Walk::seen_instead(Attempt const& attempt) const {
    std::vector<std::string> told;
    auto const& events = stage_.bench().events().events();
    for (auto event = events.rbegin(); event != events.rend() && told.size() < k_events_told; ++event) {
        if (to_ms(event->at.time_since_epoch()) < attempt.record.started_ms) { break; }
        if (event->subject != "scenario") { told.push_back(event->subject + " " + event->kind); }
    }
    std::string out = attempt.looking.empty() ? "; no result of '" + attempt.record.verb + "' yet"
                                              : "; seen instead: " + attempt.looking;
    if (attempt.record.verb.empty() && attempt.looking.empty()) { out = "; nothing was seen yet"; }
    for (auto one = told.rbegin(); one != told.rend(); ++one) {
        out += (one == told.rbegin() ? "; last events: " : ", ") + *one;
    }
    return out;
}

void Walk::finish(std::string infrastructure, std::string const& server_end) {
    for (std::size_t i = 0; i < record_.steps.size() && !server_end.empty(); ++i) {
        report::StepRecord& step = record_.steps[i];
        if (step.verdict != Verdict::inconclusive || (in_teardown_ && i >= teardown_at_)) { continue; }
        step.verdict = Verdict::fail;
        step.message = "the server under test ended during this step";
    }
    add_unreached(record_, scenario_, given_up_);
    record_.verdict = Verdict::pass;
    for (auto const& step : record_.steps) { record_.verdict = report::worst(record_.verdict, step.verdict); }
    if (!server_end.empty()) {
        record_.verdict = Verdict::fail;
        record_.message = "the server under test ended by itself: " + server_end;
    } else if (!infrastructure.empty()) {
        record_.verdict = report::worst(record_.verdict, Verdict::infrastructure);
        record_.message = std::move(infrastructure);
    } else if (!was_stopped_.empty()) {
        record_.verdict = report::worst(record_.verdict, Verdict::inconclusive);
        record_.message = was_stopped_;
    }
}

}  // namespace drydock::rig
