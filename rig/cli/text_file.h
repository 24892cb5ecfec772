// Whole files as text, for commands.
#pragma once

#include <filesystem>
#include <string>

namespace drydock::rig {

// Empty when the file cannot be read.
[[nodiscard]] std::string read_text(std::filesystem::path const& path);
// Tried before long work, so that nothing is lost after it: empty when files can be written into the folder, which may
// have to be made, else what is wrong. Leaves nothing behind.
[[nodiscard]] std::string why_no_files_in(std::filesystem::path const& folder);
// The same of a file.
[[nodiscard]] std::string why_not_written(std::filesystem::path const& path);
// Makes its folder. Throws InfrastructureError with the path when it cannot be written.
void write_text(std::filesystem::path const& path, std::string const& text);

}  // namespace drydock::rig
