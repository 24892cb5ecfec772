// What the calling thread has used of the processors, exact to the instant of the call: getrusage() lags by up
// to a tick.
#pragma once

#include "server/base/clock.h"

namespace drydock {

[[nodiscard]] Duration thread_cpu();

}  // namespace drydock
