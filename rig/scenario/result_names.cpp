#include "rig/scenario/result_names.h"

#include <algorithm>

namespace drydock::rig {

namespace {

std::string_view take_part(std::string_view& rest) {
    auto const dot = rest.find('.');
    std::string_view const part = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    return part;
}

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Naming naming_by(std::string_view pattern, std::string_view path) {
    while (!pattern.empty()) {
        if (path.empty()) { return Naming::group; }
        std::string_view const wanted = take_part(pattern);
        if (wanted == "*") { return Naming::value; }
        std::string_view const part = take_part(path);
        if (wanted == "N" ? !is_number(part) : part != wanted) { return Naming::nothing; }
    }
    return path.empty() ? Naming::value : Naming::nothing;
}

}  // namespace

Naming naming(std::span<std::string_view const> patterns, std::string_view path) {
    Naming best = Naming::nothing;
    if (path.empty()) { return best; }
    for (std::string_view const pattern : patterns) { best = std::max(best, naming_by(pattern, path)); }
    return best;
}

std::vector<std::string> names_like(std::span<std::string_view const> patterns, std::string_view path) {
    std::vector<std::string> names;
    for (std::string_view pattern : patterns) {
        std::string_view rest = path;
        std::string name;
        while (!pattern.empty() && !rest.empty()) {
            std::string_view const part = take_part(rest);
            std::string_view const wanted = take_part(pattern);
            std::string_view const shown = wanted == "*"   ? part
                                           : wanted == "N" ? (is_number(part) ? part : "0")
                                                           : wanted;
            name += (name.empty() ? "" : ".") + std::string(shown);
        }
        if (std::find(names.begin(), names.end(), name) == names.end()) { names.push_back(std::move(name)); }
    }
    return names;
}

}  // namespace drydock::rig
