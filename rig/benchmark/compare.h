// Whether a later benchmark is worse than an earlier one, by the bootstrap: the ratio of the medians
// with the interval that 95 of 100 resamplings of the runs stay in. Plain data without I/O.
#pragma once

#include "rig/benchmark/samples.h"
#include "server/base/random.h"

#include <string>
#include <vector>

namespace drydock::rig {

// Unclear: from these runs nobody can say whether the figure moved by more than the margin.
enum class Finding { same, better, worse, unclear };

struct Compared {
    Sampled what;       // of the later one
    double before = 0;  // medians
    double after = 0;
    double ratio = 0;  // after / before
    double low = 0;    // of the ratio
    double high = 0;
    Finding finding = Finding::same;
};

struct LeftOut {
    std::string why;
    std::string name;
};

struct Comparison {
    std::vector<Compared> rows;
    std::vector<LeftOut> left_out;  // what could not be compared

    [[nodiscard]] bool is_possible() const { return !rows.empty(); }
    [[nodiscard]] bool is_worse() const;
};

// So much may change before it counts, whatever the runs say: 0.05 is five percent.
inline constexpr double k_compare_margin = 0.05;

// Absolute figures are compared only when machine and compiler are the same; shares always.
[[nodiscard]] Comparison compare(Kept const& before, Kept const& after, double margin, Random random);
// A heading, a line for each figure, those that are worse first, and one with how many are what.
[[nodiscard]] std::string compare_table(Comparison const& comparison);
// "fewer than three runs (…): 4 figures": why some were left out, to be said before the table; empty when none was.
[[nodiscard]] std::string why_left_out(Comparison const& comparison);

}  // namespace drydock::rig
