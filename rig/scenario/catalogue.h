// The requirement catalogue (reports/requirements.yaml), read with the scenario reader.
#pragma once

#include "reports/model/record.h"

#include <string_view>
#include <vector>

namespace drydock::rig {

// Throws std::runtime_error when the text is no catalogue.
[[nodiscard]] std::vector<report::Requirement> load_catalogue(std::string_view text);

}  // namespace drydock::rig
