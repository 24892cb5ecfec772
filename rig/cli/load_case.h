// Load runs as cases of a run: from a scenario or the ad-hoc fleet to a case record and an exit code.
#pragma once

#include "reports/model/record.h"
#include "rig/cli/run_command.h"
#include "rig/load/load_run.h"
#include "rig/scenario/plan.h"

#include <filesystem>
#include <string>

namespace drydock::rig {

// A load scenario on one bench. Never throws for what the product does.
[[nodiscard]] report::CaseRecord play_load_scenario(Scenario const& scenario, std::string const& bench,
                                                    RunCommand const& command, std::uint64_t seed);
// The record of a case from what came of its run.
void fill_case(report::CaseRecord& record, LoadOutcome outcome, Duration wall);

// failed, inconclusive for an invalid run, pass.
[[nodiscard]] report::Verdict verdict_of(report::LoadRecord const& load);

// A record that says what is true of every run: version, start, machine.
[[nodiscard]] report::RunRecord begin_run_record(std::string command_line, std::uint64_t seed);
// Judges the run, writes all reports into the folder and tells the terminal. Throws
// InfrastructureError when a file cannot be written.
void finish_run_record(report::RunRecord& run, std::filesystem::path const& output);

// passed; threshold when nothing worse happened than a crossed threshold of a load run; failed;
// infrastructure.
[[nodiscard]] Exit exit_of_cases(report::RunRecord const& run);

}  // namespace drydock::rig
