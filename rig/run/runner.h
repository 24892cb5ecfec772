// Walks a scenario's plan on a bench and writes down what it saw. The record is all that the
// reports are made from. One case at a time; the bench's loop does the work.
#pragma once

#include "reports/model/record.h"
#include "rig/bench/bench.h"
#include "rig/run/verb.h"
#include "rig/scenario/plan.h"

#include <atomic>
#include <span>
#include <string>

namespace drydock::rig {

struct RunnerOptions {
    std::uint64_t seed = 1;
    std::string more_options;  // of the command that repeats the case: " --shuffle"
    // Set by a signal handler: the running case stops, tears down and is recorded as it stands.
    std::atomic<bool> const* is_interrupted = nullptr;
};

// Never throws for what the product does; a rig or server that fails makes the case's verdict
// `infrastructure`.
[[nodiscard]] report::CaseRecord run_case(Scenario const& scenario, Bench& bench, std::span<Verb const> verbs,
                                          RunnerOptions const& options);

}  // namespace drydock::rig
