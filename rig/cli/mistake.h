// What is wrong with a command line, in one form. A word that the program does not know comes first: the parser tells
// of it last, after all that is missing for want of it. Plain, over a parser that has just failed.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <string_view>

namespace drydock::rig {

// "drydock fleet: unknown option '--devcies': did you mean '--devices'? (see drydock fleet --help)"; `complaint` is
// the parser's own, told when every word is known.
[[nodiscard]] std::string about_mistake(CLI::App const& app, std::string_view complaint);

// Why this is no seed, where the parser would take a negative number for a large one; empty when it is one.
[[nodiscard]] std::string why_no_seed(std::string const& text);

}  // namespace drydock::rig
