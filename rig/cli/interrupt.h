// Ctrl-C: once asks for an orderly end with a report, twice ends at once.
#pragma once

#include <atomic>

namespace drydock::rig {

// Sets the handler; the flag becomes true at the first SIGINT. The same flag for every caller.
[[nodiscard]] std::atomic<bool> const* watch_for_interrupt();

}  // namespace drydock::rig
