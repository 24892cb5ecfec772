#include "rig/cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace drydock::rig {

namespace {

std::string_view usual_words(Exit code) {
    switch (code) {
        case Exit::passed: return "passed, or passed but for what only should hold";
        case Exit::failed: return "the product failed: a check, or the server under test died";
        case Exit::interrupted: return "interrupted: what was done until then is in the report";
        case Exit::internal: return "internal error of drydock";
        case Exit::usage: return "usage: a wrong option, a wrong file, or a scenario that cannot be run as written";
        case Exit::nothing_selected: return "nothing selected";
        case Exit::infrastructure:
            return "infrastructure: the rig, its surroundings or the set-up; or no verdict (out of time, a late "
                   "generator)";
        case Exit::threshold: return "a load run crossed a threshold, and nothing worse happened";
    }
    return {};
}

}  // namespace

std::string const& program_name() {
    static std::string const name = [] {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
        char const* const told = std::getenv("DRYDOCK_PROGRAM");
        std::string const text = told == nullptr ? "" : told;
        bool const is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
        constexpr std::size_t k_name_max = 200;
        return text.empty() || text.size() > k_name_max || !is_plain ? std::string("drydock") : text;
    }();
    return name;
}

ExitMeaning::ExitMeaning(Exit its_code) : ExitMeaning(its_code, usual_words(its_code)) {}
ExitMeaning::ExitMeaning(Exit its_code, std::string_view its_words) : code(its_code), words(its_words) {}

std::string help_end(std::initializer_list<std::string_view> examples, std::initializer_list<ExitMeaning> codes,
                     std::string_view before) {
    std::string out(before);
    if (!out.empty()) { out += "\n\n"; }
    out += "Examples:\n";
    for (std::string_view const example : examples) { out += fmt::format("  {} {}\n", program_name(), example); }
    out += "\nExit codes:";
    for (ExitMeaning const& one : codes) { out += fmt::format("\n  {} {}", static_cast<int>(one.code), one.words); }
    return out;
}

std::string run_help_end(std::initializer_list<std::string_view> examples, std::string_view before) {
    return help_end(examples,
                    {Exit::passed, Exit::failed, Exit::interrupted, Exit::internal, Exit::usage, Exit::nothing_selected,
                     Exit::infrastructure, Exit::threshold},
                    before);
}

}  // namespace drydock::rig
