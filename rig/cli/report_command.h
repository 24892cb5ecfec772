// `drydock report`: what can be done with the records of runs that are over.
#pragma once

#include <CLI/App.hpp>

#include <string>

namespace drydock::rig {

// `command_line` goes into the record; it and `code` outlive the parsing.
void add_report(CLI::App& app, std::string const& command_line, int& code);

}  // namespace drydock::rig
