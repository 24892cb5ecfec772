// One walk through a scenario's blocks: runs verbs, evaluates expectations, writes step records.
#pragma once

#include "reports/model/record.h"
#include "rig/run/attempt.h"
#include "rig/run/stage.h"
#include "rig/run/verb.h"
#include "rig/scenario/plan.h"

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace drydock::rig {

class Walk {
public:
    Walk(Stage& stage, Scenario const& scenario, std::span<Verb const> verbs, report::CaseRecord& record)
        : stage_(stage), scenario_(scenario), verbs_(verbs), record_(record) {}

    [[nodiscard]] Stage& stage() { return stage_; }
    [[nodiscard]] Scenario const& scenario() const { return scenario_; }
    // Walks the blocks until one fails hard or stop() was called.
    [[nodiscard]] awaitable<void> blocks(std::vector<Block> const& blocks) { return this->blocks(blocks, nullptr); }
    // From here on a failure does not keep the next step from running. `is_whole`: all steps before were done.
    void begin_teardown(bool is_whole);
    // No further step begins; those under way end as inconclusive, with what they saw. A teardown goes on.
    void stop(std::string why);
    // Nothing failed hard or was stopped so far.
    [[nodiscard]] bool is_whole() const { return !failed_hard_ && was_stopped_.empty(); }
    // Folds the steps into the case's verdict and adds those that were never reached. `infrastructure` is what
    // broke in the rig or around it, `server_end` how the server under test ended by itself; empty: nothing.
    void finish(std::string infrastructure, std::string const& server_end);

private:
    // A branch of a `parallel`; it is given up when another one was first.
    struct Branch {
        Branch const* outer = nullptr;
        bool is_given_up = false;
    };
    struct Join;

    [[nodiscard]] awaitable<void> blocks(std::vector<Block> const& blocks, Branch const* branch);
    [[nodiscard]] awaitable<void> parallel(Parallel const& block, Branch const* outer);
    [[nodiscard]] awaitable<void> walk_branch(std::vector<Block> const& blocks, Branch const* branch,
                                              std::shared_ptr<Join> join);
    void give_up_others(Parallel const& block, Join& join);
    [[nodiscard]] static bool is_given_up(Branch const* branch);
    // Whether a step of this branch ends where it stands; and whether no further one begins.
    [[nodiscard]] bool is_cut_short(Branch const* branch) const { return !stopped_.empty() || is_given_up(branch); }
    [[nodiscard]] bool must_end(Branch const* branch) const {
        return (failed_hard_ && !in_teardown_) || is_cut_short(branch);
    }
    [[nodiscard]] awaitable<void> step(Step const& step, Branch const* branch);
    [[nodiscard]] awaitable<void> attempt(Step const& step, std::shared_ptr<Attempt> attempt);
    void end_attempt(Step const& step, Branch const* branch, Attempt& attempt);
    void explain(Attempt& attempt, report::Verdict verdict, std::string why) const;
    [[nodiscard]] std::string seen_instead(Attempt const& attempt) const;

    // What a step does and looks at (acting.cpp).
    [[nodiscard]] awaitable<void> act(Step const& step, Attempt& attempt);
    [[nodiscard]] awaitable<void> expect(Step const& step, Outcome const& outcome, Attempt& attempt);
    [[nodiscard]] awaitable<void> eventually(Step const& step, TimePoint from, Attempt& attempt);
    [[nodiscard]] awaitable<void> never(Step const& step, Attempt& attempt);
    [[nodiscard]] awaitable<std::optional<std::string>> observed(std::string path, Outcome const& outcome);
    void judge_refusal(Step const& step, Outcome const& outcome, Attempt& attempt);
    void save(Step const& step, Outcome const& outcome, Attempt& attempt);
    // `sentence` says what a check that is not passed means.
    void add_check(Attempt& attempt, report::CheckRecord check, std::string sentence);
    [[nodiscard]] Value interpolated(Value const& value) const;
    [[nodiscard]] Verb const& verb(Step const& step) const;

    Stage& stage_;
    Scenario const& scenario_;
    std::span<Verb const> verbs_;
    report::CaseRecord& record_;
    std::vector<std::shared_ptr<Attempt>> under_way_;
    std::set<std::string> given_up_;  // ids of steps of branches that were not first
    bool failed_hard_ = false;
    bool in_teardown_ = false;
    bool is_whole_ = true;
    std::size_t teardown_at_ = 0;  // how many records there were when the teardown began
    std::string stopped_;          // why, while nothing may begin
    std::string was_stopped_;      // the same, kept for the verdict
};

}  // namespace drydock::rig
