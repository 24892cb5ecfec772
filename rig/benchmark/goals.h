// Where we mean to stand, beside where a run stands: ratios in one run, for reading, not for judging.
#pragma once

#include "rig/benchmark/auth.h"

#include <string>
#include <vector>

namespace drydock::rig {

struct Goal {
    enum class Sense { at_least, at_most };
    std::string what;
    double measured = 0;
    Sense sense = Sense::at_least;
    double wanted = 0;
    std::string unit;  // "x" for a ratio, or "s", "B", "ms", ""

    [[nodiscard]] bool is_reached() const { return sense == Sense::at_least ? measured >= wanted : measured <= wanted; }
};

// Those that the cases of this report can speak for.
[[nodiscard]] std::vector<Goal> goals_of(AuthReport const& report);

}  // namespace drydock::rig
