// The records of several shards of one run as the record of the run. Plain.
#pragma once

#include "reports/model/load_record.h"
#include "reports/model/record.h"

#include <stdexcept>
#include <vector>

namespace drydock::rig {

// The records are not shards of one run. The text says which and why.
class CannotMerge : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

// Counts and histograms are added, percentiles taken afterwards, thresholds evaluated again. The run
// is inconclusive while shards are missing and when one of them was. Throws CannotMerge for no record at
// all, for different plans, and for a shard that is there twice.
// A shard that ended early leaves the run failed or inconclusive.
[[nodiscard]] report::LoadRecord merge(std::vector<report::LoadRecord> const& shards);

// Whether two cases can be shards of one run by what their records say outside of the load: the scenario, its
// title, which tells fleets without a file apart, and the seed, which says who is who. Throws CannotMerge;
// `number` of `other` is for its text.
void check_same_case(report::CaseRecord const& first, report::CaseRecord const& other, std::size_t number);

}  // namespace drydock::rig
