// Ctrl-C, and SIGTERM, with which job systems stop what they run: once asks for an orderly end with a report,
// twice ends at once. A terminal that goes away (SIGHUP) asks once, unless nohup was told to ignore it.
#pragma once

#include <atomic>

namespace drydock::rig {

// Sets the handlers, and lets closed pipes be errors, not ends; the flag becomes true at the first SIGINT, SIGTERM or
// SIGHUP. The same flag for every caller.
[[nodiscard]] std::atomic<bool> const* watch_for_interrupt();

}  // namespace drydock::rig
