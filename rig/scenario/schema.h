// The language's JSON Schema (draft-07, for editors) and its reference pages, from the tables of verbs and metrics.
#pragma once

#include "rig/scenario/verb_spec.h"

#include <span>
#include <string>

namespace drydock::rig {

[[nodiscard]] std::string scenario_schema(std::span<VerbSpec const> verbs);
[[nodiscard]] std::string verb_reference(std::span<VerbSpec const> verbs);
[[nodiscard]] std::string metric_reference();

}  // namespace drydock::rig
