// Load runs as cases of a run: from a scenario or the ad-hoc fleet to a case record.
#pragma once

#include "reports/model/record.h"
#include "rig/cli/run_command.h"
#include "rig/load/load_run.h"
#include "rig/scenario/plan.h"

#include <string>

namespace drydock::rig {

// A load scenario on one bench. Never throws for what the product does.
[[nodiscard]] report::CaseRecord play_load_scenario(Scenario const& scenario, std::string const& bench,
                                                    RunCommand const& command, std::uint64_t seed);
// The record of a case from what came of its run.
void fill_case(report::CaseRecord& record, LoadOutcome outcome, Duration wall);

}  // namespace drydock::rig
