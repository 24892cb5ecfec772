// What a well-formed plan can still get wrong: unknown verbs, actors, parameters, variables,
// error codes, benches, requirement ids. All at once, before anything runs.
#pragma once

#include "rig/scenario/plan.h"
#include "rig/scenario/verb_spec.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

struct Known {
    std::span<VerbSpec const> verbs;
    std::vector<std::string> requirements;
    std::vector<std::string> benches;
};
[[nodiscard]] std::vector<Diagnostic> check(Scenario const& scenario, Known const& known);

}  // namespace drydock::rig
