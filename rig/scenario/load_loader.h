// From a load scenario's file to the plan of its run (sim/fleet/load_plan.h). All that is wrong is
// told at once, with the place in the file.
#pragma once

#include "rig/scenario/field_reader.h"

#include <string>
#include <vector>

namespace drydock::rig {

// The keys of a load scenario beside those of every scenario.
[[nodiscard]] std::vector<std::string> const& load_head_keys();

// Fills `load`, and the timeout when the file names none, from the file's tree. The plan is whole
// only when nothing was complained about.
void read_load(FieldReader& fields, Value const& root, Scenario& scenario);

}  // namespace drydock::rig
