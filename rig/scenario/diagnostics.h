// What is wrong with a file, for people and for editors.
#pragma once

#include "rig/scenario/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

// One diagnostic a paragraph: `file:line:column: message`, the line with a caret, the way out.
[[nodiscard]] std::string print(std::vector<Diagnostic> diagnostics, std::string_view source);
// "did you mean 'claim.scan'?" for the nearest of the known words, or nothing near: empty.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::vector<std::string> const& known);
// The same, and "one of claim.scan, claim.race" when nothing is near.
[[nodiscard]] std::string way_to(std::string_view word, std::vector<std::string> const& known);

}  // namespace drydock::rig
