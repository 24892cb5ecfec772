// Small files that must be whole or not there at all: keys, certificates, the first password.
#pragma once

#include <filesystem>
#include <string_view>

#include <sys/types.h>

namespace drydock {

// Writes beside the file, syncs, renames and syncs the folder: whenever the machine stops, the file
// holds its old text or the new one. Throws std::runtime_error with the file and the cause.
void write_durably(std::filesystem::path const& path, std::string_view text, mode_t mode);
// Removes the file for good, if it is there. Throws like the above.
void remove_durably(std::filesystem::path const& path);

}  // namespace drydock
