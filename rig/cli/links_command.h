// `drydock links`: the link profiles that the program carries.
#pragma once

#include "rig/cli/run_command.h"

#include <filesystem>

namespace drydock::rig {

// Prints them, and writes a plot NAME.svg of each into the folder unless that is empty.
[[nodiscard]] Exit list_links(std::filesystem::path const& plots);

}  // namespace drydock::rig
