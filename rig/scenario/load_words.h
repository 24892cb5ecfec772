// The words of load scenarios: client families, tempers, fates, what a session does, what happens
// meanwhile. One table each; reader, messages and JSON Schema follow from the same tables.
#pragma once

#include "sim/device/machine.h"
#include "sim/fleet/load_plan.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

template <class T>
struct Word {
    std::string_view name;
    T what{};
    std::string_view doc;
};
[[nodiscard]] std::span<Word<Family> const> family_words();
[[nodiscard]] std::span<Word<load::Temper> const> temper_words();
[[nodiscard]] std::span<Word<load::TokenFate> const> fate_words();
[[nodiscard]] std::span<Word<load::Activity::Kind> const> activity_words();

enum class Needed { no, maybe, yes };

// What may happen in the middle of a run. Faults are told apart by what they hit and how.
struct EventSpec {
    std::string_view verb;    // "fault.on"
    std::string_view target;  // of fault.on: "fleet.link"
    std::string_view kind;    // of fault.on: "cell_outage"
    load::Happening::Kind what = load::Happening::Kind::cell_outage;
    Needed share = Needed::no;    // `with: {share: 40%}`
    Needed lasts = Needed::no;    // `for: 20s`
    std::string_view count = {};  // how the number of devices or tokens is called; empty: none
    Needed users = Needed::no;    // `with: {users: 200}`
    std::string_view doc = {};
};
[[nodiscard]] std::span<EventSpec const> event_specs();

template <class T>
[[nodiscard]] T const* find_word(std::span<T const> words, std::string_view name) {
    for (T const& word : words) {
        if (word.name == name) { return &word; }
    }
    return nullptr;
}

template <class T>
[[nodiscard]] std::vector<std::string> names_of(std::span<T const> words) {
    std::vector<std::string> names;
    for (T const& word : words) { names.emplace_back(word.name); }
    return names;
}

}  // namespace drydock::rig
