// Words for people, on standard error, and results on standard output.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace drydock::rig {

// Whoever has stopped listening (a closed pipe, a terminal that is gone) does not end a run: failures are nothing.
template <class... Args>
void tell(fmt::format_string<Args...> text, Args&&... args) {
    std::string const words = fmt::format(text, std::forward<Args>(args)...);
    static_cast<void>(std::fwrite(words.data(), 1, words.size(), stderr));
}

// The same for results, on standard output.
template <class... Args>
void show(fmt::format_string<Args...> text, Args&&... args) {
    std::string const words = fmt::format(text, std::forward<Args>(args)...);
    static_cast<void>(std::fwrite(words.data(), 1, words.size(), stdout));
}

}  // namespace drydock::rig
