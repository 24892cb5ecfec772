// Link profiles for people: a table of their figures, and a plot of what they produce.
#pragma once

#include "sim/link/profile.h"

#include <span>
#include <string>

namespace drydock::rig {

// One line for each profile, below a heading.
[[nodiscard]] std::string link_table(std::span<LinkProfile const> links);

// A whole SVG file, the same each time: attach, round trip, and round trip with what losses add, by percentile.
[[nodiscard]] std::string link_plot(LinkProfile const& link);

// "120 ms", "1.6 s", "5 min", "2 h 4 min".
[[nodiscard]] std::string duration_text(Duration duration);
// "375 kbit/s", or "no limit" for zero bytes per second.
[[nodiscard]] std::string rate_text(std::uint64_t bytes_per_second);

}  // namespace drydock::rig
