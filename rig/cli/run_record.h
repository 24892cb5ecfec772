// What every run has in common, flows and load runs alike: the beginning of its record, its reports,
// its exit code.
#pragma once

#include "reports/model/record.h"
#include "rig/cli/report_folder.h"
#include "rig/cli/run_command.h"

#include <cstdint>
#include <string>

namespace drydock::rig {

// A record that says what is true of every run: version, start, machine.
[[nodiscard]] report::RunRecord begin_run_record(std::string command_line, std::uint64_t seed);
// Judges the run, writes all reports into the folder and tells the terminal. Throws
// InfrastructureError when a file cannot be written.
void finish_run_record(report::RunRecord& run, ReportFolder const& folder);

// The worst that happened: failed; threshold when nothing failed but a threshold of a load run; usage
// when a scenario cannot run as written; infrastructure; passed.
[[nodiscard]] Exit exit_of(report::RunRecord const& run);

}  // namespace drydock::rig
