// The load runs of a run.json, read back: for merging shards. What is not as our writer writes it is
// refused with a sentence.
#pragma once

#include "reports/model/load_record.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

// A load case of a run.json, with what its reports need beside the record.
struct LoadCase {
    std::string id;
    std::string title;
    std::string file;
    std::string bench;
    std::uint64_t seed = 0;
    double duration_ms = 0;
    double wall_ms = 0;
    report::LoadRecord load;
};

class BadRecord : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Throws BadRecord for what is no run.json of this version; gives the cases with a load run, maybe none.
[[nodiscard]] std::vector<LoadCase> read_load_cases(std::string_view run_json);

}  // namespace drydock::rig
