// Strict YAML: libyaml's events to our own tree, with the place of everything. Scalars stay text,
// so nothing is guessed. Tags, anchors, aliases, merge and duplicate keys are refused.
#pragma once

#include "rig/scenario/plan.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

// Nothing, and at least one diagnostic, when the text is no such document.
[[nodiscard]] std::optional<Value> read_yaml(std::string const& file, std::string_view text,
                                             std::vector<Diagnostic>& diagnostics);

}  // namespace drydock::rig
