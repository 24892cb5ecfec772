// The results of `drydock benchmark auth` as text for people and as JSON to keep and compare.
#pragma once

#include "rig/benchmark/samples.h"

#include <string>

namespace drydock::rig {

// Each result beside its share of the limit of the same minutes, then the goals.
[[nodiscard]] std::string auth_table(AuthReport const& report);

// Everything, every run.
[[nodiscard]] std::string auth_json(AuthReport const& report);
// Only what compare() needs: small enough to commit.
[[nodiscard]] std::string baseline_json(AuthReport const& report);
// Reads either. Throws std::invalid_argument with what is wrong with the text.
[[nodiscard]] Kept kept_from_json(std::string const& text);

}  // namespace drydock::rig
