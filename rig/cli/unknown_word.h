// A word of the command line that the program does not know. The parser tells of it last, after all that is missing
// for want of it; people need it first. Plain, over a parser that has just failed.
#pragma once

#include <CLI/App.hpp>

#include <string>

namespace drydock::rig {

// "drydock fleet: unknown option '--devcies': did you mean '--devices'?"; empty when every word is known.
[[nodiscard]] std::string about_unknown_word(CLI::App const& app);

}  // namespace drydock::rig
