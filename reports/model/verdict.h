// The one set of verdicts: of steps, cases, load runs, requirements and whole runs.
#pragma once

#include <span>
#include <string_view>

namespace drydock::report {

// Worse verdicts come later; a fold takes the worst.
enum class Verdict { not_applicable, not_covered, pass, non_strict, inconclusive, infrastructure, fail };
[[nodiscard]] std::string_view to_text(Verdict verdict);
[[nodiscard]] Verdict worst(Verdict a, Verdict b);

// From harmless to worst.
[[nodiscard]] std::span<Verdict const> all_verdicts();
// Those a load run can have.
[[nodiscard]] std::span<Verdict const> load_verdicts();

// Whether it ends with 0: a pass, or one that missed only what should hold.
[[nodiscard]] bool is_passed(Verdict verdict);

}  // namespace drydock::report
