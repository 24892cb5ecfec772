// What a condition asks of an observed value.
#pragma once

#include "rig/scenario/plan.h"

#include <optional>
#include <string>

namespace drydock::rig {

struct MatchResult {
    bool ok = false;
    std::string expected;  // in words that follow "is": "anna", "not online", "less than 2s"
    std::string wish;      // the same in a sentence: "should be anna", "should not be online"
};

// A scalar means equality ("none" and "absent" also match nothing); a map holds one of ne lt le gt
// ge matches contains one_of absent len. Numbers compare as numbers, durations as durations.
[[nodiscard]] MatchResult matches(Value const& matcher, std::optional<std::string> const& observed);
// The operators a matcher map may hold.
[[nodiscard]] bool is_operator(std::string_view name);
// Whether the text is a regular expression that `matches` can take.
[[nodiscard]] bool is_pattern(std::string const& text);

}  // namespace drydock::rig
