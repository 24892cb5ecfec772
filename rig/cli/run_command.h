// `drydock run` and its kin: from the command line to cases, reports and an exit code.
#pragma once

#include "server/app/cloud.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

// pytest's codes where it has them, then ours.
enum class Exit {
    passed = 0,
    failed = 1,
    interrupted = 2,
    internal = 3,
    usage = 4,
    nothing_selected = 5,
    infrastructure = 6,
    threshold = 7  // of a load run, and nothing worse
};

struct RunCommand {
    std::vector<std::string> paths{"scenarios"};
    std::vector<std::string> benches{"virtual"};
    std::string only;  // part of a scenario's id
    std::optional<std::uint64_t> seed;
    bool shuffles = false;
    FaultyServer faulty = FaultyServer::none;
    std::filesystem::path output;  // empty: a new one (report_folder.h)
    std::filesystem::path daemon;
    bool is_quiet = false;
    std::string command_line;
};
// What makes a case another one, beside its file, bench and seed: " --faulty delete-keeps-session".
[[nodiscard]] std::string more_options(RunCommand const& command);
[[nodiscard]] Exit run_scenarios(RunCommand const& command);
[[nodiscard]] Exit check_scenarios(std::vector<std::string> const& paths);
[[nodiscard]] Exit list_scenarios(std::vector<std::string> const& paths, bool as_json);

}  // namespace drydock::rig
