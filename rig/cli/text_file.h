// Whole files as text, for commands.
#pragma once

#include <filesystem>
#include <string>

namespace drydock::rig {

// Empty when the file cannot be read.
[[nodiscard]] std::string read_text(std::filesystem::path const& path);
// Makes its folder. Throws InfrastructureError with the path when it cannot be written.
void write_text(std::filesystem::path const& path, std::string const& text);

}  // namespace drydock::rig
