// Where a run leaves its reports: the folder of -o, or a new one of its own under out/, which the link out/latest
// then points at. No run takes another one's folder, unless -o names it.
#pragma once

#include "reports/model/record.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

struct ReportFolder {
    std::filesystem::path path;
    bool is_latest = false;  // whether the link is to point at it
};

// What --help says where no folder is told.
inline constexpr char const* k_output_help =
    "Folder of the report, in the place of an earlier one there; unless told a new one, out/DATE-TIME-NAME, and "
    "out/latest points at it";

// Why a report cannot go where -o says, before anything runs; empty when it can. The link to the newest
// report is no place: through it a run would write over an earlier one.
[[nodiscard]] std::string why_no_folder(std::string const& wanted);

// `wanted` when it is not empty; else makes out/2026-11-26-081500-NAME, with the time (UTC) of the run's record.
// Throws InfrastructureError when it cannot.
[[nodiscard]] ReportFolder report_folder(std::filesystem::path const& wanted, report::RunRecord const& run,
                                         std::string_view name);
// What a run of these files and folders is called: "lifecycle" for scenarios/lifecycle, "run" for several.
[[nodiscard]] std::string run_name(std::vector<std::string> const& paths);

// Lets out/latest point at it. A folder of that name is moved aside. A link that cannot be made is said on
// standard error, and no more: the reports are there.
void point_latest_at(std::filesystem::path const& folder);

}  // namespace drydock::rig
