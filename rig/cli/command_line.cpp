#include "rig/cli/command_line.h"

#include <algorithm>
#include <string_view>

namespace drydock::rig {

namespace {

// As a shell takes it for one word.
std::string quoted(std::string const& word) {
    constexpr std::string_view k_plain_marks = "-_./:=,@%+";
    bool const is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
        bool const is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return is_alphanumeric || k_plain_marks.find(c) != std::string_view::npos;
    });
    if (is_plain) { return word; }
    std::string out = "'";
    for (char const c : word) { out += c == '\'' ? std::string("'\\''") : std::string(1, c); }
    return out + "'";
}

void add(std::string& line, std::string const& word) { line += " " + quoted(word); }

}  // namespace

CommandLine command_line_of(std::vector<std::string> const& words) {
    CommandLine line{"drydock", "drydock"};
    bool is_folder_next = false;
    bool is_begin_next = false;
    for (std::size_t i = 1; i < words.size(); ++i) {
        std::string const& word = words[i];
        add(line.whole, word);
        if (is_folder_next || is_begin_next) {
            is_folder_next = is_begin_next = false;
            continue;
        }
        is_folder_next = word == "--output";
        is_begin_next = word == "--begin";
        if (is_folder_next || is_begin_next || word.starts_with("--output=") || word.starts_with("--begin=")) {
            continue;
        }
        // Short options may stand together, as in -qo out/first: what is behind the o is the folder.
        bool const is_short = word.size() > 1 && word[0] == '-' && word[1] != '-';
        auto const folder = is_short ? word.find('o') : std::string::npos;
        if (folder == std::string::npos) {
            add(line.again, word);
            continue;
        }
        is_folder_next = folder + 1 == word.size();
        if (folder > 1) { add(line.again, word.substr(0, folder)); }
    }
    return line;
}

}  // namespace drydock::rig
