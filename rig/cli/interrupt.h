// Ctrl-C, and SIGTERM, with which job systems stop what they run: once asks for an orderly end with a report,
// twice ends at once.
#pragma once

#include <atomic>

namespace drydock::rig {

// Sets the handlers; the flag becomes true at the first SIGINT or SIGTERM. The same flag for every caller.
[[nodiscard]] std::atomic<bool> const* watch_for_interrupt();

}  // namespace drydock::rig
