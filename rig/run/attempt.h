// One step being done. The step waits for it with a limit; when the limit comes first, the attempt is over: it may
// still run for a while, but what it writes goes nowhere. Shared by both, hence a plain value with a bell.
#pragma once

#include "reports/model/record.h"
#include "rig/run/bell.h"

#include <exception>
#include <string>
#include <utility>

namespace drydock::rig {

struct Attempt {
    Attempt(Loop& loop, report::StepRecord begun) : record(std::move(begun)), bell(loop) {}

    report::StepRecord record;
    Bell bell;
    bool is_done = false;
    bool is_over = false;        // nobody waits any more
    std::string fault;           // why the scenario cannot be run as written
    std::exception_ptr failure;  // of the rig or its surroundings
    std::string looking;         // what a wait saw last, for whoever must explain why it ended
};

}  // namespace drydock::rig
