// What a verb gives back: named values, or a coded refusal. Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::rig {

using Results = std::vector<std::pair<std::string, std::string>>;

struct Outcome {
    // The code the product refused with; empty when the verb was done.
    std::string error;
    // What a person reads about the refusal.
    std::string message;
    Results results;

    [[nodiscard]] bool is_refused() const { return !error.empty(); }
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const {
        for (auto const& [key, value] : results) {
            if (key == name) { return value; }
        }
        return std::nullopt;
    }
    void add(std::string name, std::string value) { results.emplace_back(std::move(name), std::move(value)); }

    [[nodiscard]] static Outcome refused(std::string code, std::string text = {}) {
        Outcome outcome;
        outcome.error = std::move(code);
        outcome.message = std::move(text);
        return outcome;
    }
};

}  // namespace drydock::rig
