// A fleet's summary as the rows of a load record, and back: reports keep histograms as text, so that
// runs can be merged later. Plain functions.
#pragma once

#include "reports/model/load_record.h"
#include "sim/fleet/summary.h"

#include <vector>

namespace drydock::rig {

// The upper ends of the heat map's columns, in milliseconds: 49 of them, ten for each decade from
// 0.1 ms, so that runs of all machines and links have the same and can be added.
[[nodiscard]] std::vector<double> const& heat_bounds_ms();
// One column more than there are bounds: what is above the last one.
[[nodiscard]] std::vector<std::uint64_t> heat_of(load::Histogram const& times);

[[nodiscard]] report::LoadTimes times_of(load::Histogram const& times);
// By phase and link; rows without anything are left out.
[[nodiscard]] std::vector<report::LoadRow> rows_of(load::Summary const& summary);
// Fails with load_errc::bad_summary for rows that rows_of could not have written.
[[nodiscard]] result<load::Summary> summary_of(std::vector<report::LoadRow> const& rows);

}  // namespace drydock::rig
