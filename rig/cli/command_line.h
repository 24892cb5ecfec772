// What the user typed, for the record of a run. Plain text, with the program's own name whatever it was started as.
#pragma once

#include <string>
#include <vector>

namespace drydock::rig {

struct CommandLine {
    std::string whole;
    // Without the folder of the reports, as the next run must not take that of this one, and without the shared
    // beginning, which is over.
    std::string again;
};

// `words` begin with the program.
[[nodiscard]] CommandLine command_line_of(std::vector<std::string> const& words);

}  // namespace drydock::rig
