// An instant of one process as another on the same machine understands it: loops count from their own
// beginning, CLOCK_MONOTONIC is shared. Any thread.
#pragma once

#include "server/base/clock.h"

#include <chrono>

namespace drydock::rig {

// Of CLOCK_MONOTONIC, which steady_clock stands on.
[[nodiscard]] inline Duration to_shared(Clock const& clock, TimePoint instant) {
    return std::chrono::steady_clock::now().time_since_epoch() + (instant - clock.now());
}
[[nodiscard]] inline TimePoint from_shared(Clock const& clock, Duration shared) {
    return clock.now() + (shared - std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace drydock::rig
