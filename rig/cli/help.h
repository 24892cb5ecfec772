// How every --help ends, in one form: what is to be known, examples, exit codes. And by which name the user
// started the program.
#pragma once

#include "rig/cli/run_command.h"

#include <initializer_list>
#include <string>
#include <string_view>

namespace drydock::rig {

// "drydock", or what DRYDOCK_PROGRAM says: a script that starts the program for somebody sets it to its own name,
// so that help and the terminal tell commands that can be typed. Files always say "drydock".
[[nodiscard]] std::string const& program_name();

struct ExitMeaning {
    // The usual words for a code: ExitMeaning(Exit::usage).
    ExitMeaning(Exit its_code);  // NOLINT(google-explicit-constructor): a list of codes reads best
    ExitMeaning(Exit its_code, std::string_view its_words);

    Exit code;
    std::string_view words;
};

// `examples` are command lines without the program's name, with '#' before what explains one.
[[nodiscard]] std::string help_end(std::initializer_list<std::string_view> examples,
                                   std::initializer_list<ExitMeaning> codes, std::string_view before = {});
// All codes of a run.
[[nodiscard]] std::string run_help_end(std::initializer_list<std::string_view> examples, std::string_view before = {});

}  // namespace drydock::rig
