// The records of several shards of one run as the record of the run. Plain.
#pragma once

#include "reports/model/load_record.h"

#include <stdexcept>
#include <vector>

namespace drydock::rig {

// The records are not shards of one run. The text says which and why.
class CannotMerge : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Counts and histograms are added, percentiles taken afterwards, thresholds evaluated again. The run
// is invalid while shards are missing and when one of them was. Throws CannotMerge for no record at
// all, for different plans, and for a shard that is there twice.
[[nodiscard]] report::LoadRecord merge(std::vector<report::LoadRecord> const& shards);

}  // namespace drydock::rig
