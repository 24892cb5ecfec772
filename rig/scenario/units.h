// Values with units, as scenario files write them.
#pragma once

#include "server/base/clock.h"

#include <optional>
#include <string_view>

namespace drydock::rig {

// "250ms", "5s", "2m", "1h". Nothing for a bare number or anything else.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

}  // namespace drydock::rig
