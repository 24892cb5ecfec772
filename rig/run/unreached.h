// Steps of a scenario that never began: they belong to the record, since what they cover was not shown.
#pragma once

#include "reports/model/record.h"
#include "rig/scenario/plan.h"

#include <set>
#include <string>
#include <vector>

namespace drydock::rig {

// Every step inside the blocks, in the order they are written.
[[nodiscard]] std::vector<Step const*> steps_in(std::vector<Block> const& blocks);
// Adds a record for each step (teardown aside) that has none: inconclusive, or not applicable when it is in
// `given_up`. Notes what the scenario as a whole covers.
void add_unreached(report::CaseRecord& record, Scenario const& scenario, std::set<std::string> const& given_up = {});

}  // namespace drydock::rig
