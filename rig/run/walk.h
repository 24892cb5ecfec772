// One walk through a scenario's blocks: runs verbs, evaluates expectations, writes step records.
#pragma once

#include "reports/model/record.h"
#include "rig/run/stage.h"
#include "rig/run/verb.h"
#include "rig/scenario/plan.h"

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
    [[nodiscard]] awaitable<void> blocks(std::vector<Block> const& blocks);
    // From here on a failure does not keep the next step from running.
    void begin_teardown();
    // No further step begins; waits end at their next look.
    void stop(std::string why);
    // Folds the steps into the case's verdict. `infrastructure` is empty unless the rig failed.
    void finish(std::string infrastructure);

private:
    [[nodiscard]] awaitable<void> parallel(Parallel const& block);
    [[nodiscard]] awaitable<void> step(Step const& step);
    [[nodiscard]] awaitable<void> act(Step const& step, std::size_t at);
    [[nodiscard]] awaitable<void> expect(Step const& step, Outcome const& outcome, std::size_t at);
    [[nodiscard]] awaitable<void> eventually(Step const& step, TimePoint from, std::size_t at);
    [[nodiscard]] awaitable<void> never(Step const& step, std::size_t at);
    [[nodiscard]] awaitable<std::optional<std::string>> observed(std::string path, Outcome const& outcome);
    void judge_refusal(Step const& step, Outcome const& outcome, std::size_t at);
    void save(Step const& step, Outcome const& outcome, std::size_t at);
    void add_check(std::size_t at, report::CheckKind kind, std::string path, std::string expected, std::string seen,
                   bool passed);
    void fail_step(std::size_t at, std::string message);
    [[nodiscard]] Value interpolated(Value const& value) const;
    [[nodiscard]] Verb const& verb(Step const& step) const;

    Stage& stage_;
    Scenario const& scenario_;
    std::span<Verb const> verbs_;
    report::CaseRecord& record_;
    bool failed_hard_ = false;
    bool in_teardown_ = false;
    std::string stopped_;
};

}  // namespace drydock::rig
