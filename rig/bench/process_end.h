// How a child process ended, for people.
#pragma once

#include <string>

namespace drydock::rig {

// Of a status as waitpid(2) gives it: "exit code 6", "signal 9 (Killed)".
[[nodiscard]] std::string end_text(int status);

}  // namespace drydock::rig
