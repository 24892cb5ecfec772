// From a scenario file's text to its plan. All that is wrong is told at once.
#pragma once

#include "rig/scenario/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

struct LoadResult {
    Scenario scenario;
    std::vector<Diagnostic> diagnostics;  // empty: the plan is whole
};
[[nodiscard]] LoadResult load_scenario(std::string file, std::string_view text);

}  // namespace drydock::rig
