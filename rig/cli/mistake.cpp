#include "rig/cli/mistake.h"

#include "rig/cli/help.h"
#include "rig/scenario/diagnostics.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <utility>
#include <vector>

namespace drydock::rig {

namespace {

std::vector<std::string> options_of(CLI::App const& app) {
    std::vector<std::string> names;
    for (CLI::Option const* const option : app.get_options()) {
        for (std::string const& name : option->get_lnames()) { names.push_back("--" + name); }
    }
    return names;
}

std::vector<std::string> subcommands_of(CLI::App const& app) {
    // Those without a group are for the program itself.
    auto const is_for_people = [](CLI::App const* one) { return !one->get_group().empty(); };
    std::vector<std::string> names;
    for (CLI::App const* const one : app.get_subcommands(is_for_people)) { names.push_back(one->get_name()); }
    return names;
}

std::string about(std::string const& word, CLI::App const& app) {
    auto const told = [](std::string_view what, std::string const& way) {
        return fmt::format("{}{}{}", what, way.empty() ? "" : ": ", way);
    };
    if (word.size() > 1 && word.front() == '-') {
        std::string const name = word.substr(0, word.find('='));
        return told(fmt::format("unknown option '{}'", name), did_you_mean(name, options_of(app)));
    }
    auto const known = subcommands_of(app);
    if (!known.empty()) { return told(fmt::format("unknown subcommand '{}'", word), way_to(word, known)); }
    return told(fmt::format("unknown word '{}'", word), "leave it out");
}

}  // namespace

std::string about_mistake(CLI::App const& app, std::string_view complaint) {
    std::string typed = program_name();
    std::string what(complaint);
    for (CLI::App const* at = &app; at != nullptr;) {
        if (auto const words = at->remaining(); !words.empty()) {
            what = about(words.front(), *at);
            break;
        }
        auto const parsed = at->get_subcommands();
        at = parsed.empty() ? nullptr : parsed.front();
        if (at != nullptr) { typed += " " + at->get_name(); }
    }
    return fmt::format("{}: {} (see {} --help)", typed, what, typed);
}

std::string why_no_seed(std::string const& text) {
    bool const is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return is_number ? std::string() : "a seed is a whole number from 0 on, not '" + text + "'";
}

}  // namespace drydock::rig
