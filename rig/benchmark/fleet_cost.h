// What a login costs the generator: the engine of `drydock fleet` beside the flood, for the same
// frames to the same server. Everybody comes at one instant, over a link that shapes nothing. Both
// block while they play. One thread.
#pragma once

#include "sim/flood/flood.h"

#include <atomic>
#include <vector>

namespace drydock::rig {

// A device of a fleet connects, logs in, says what it is, and hangs up once all are online. In both
// results `done` are those who were let in, `cpu` is of this thread from the start until all have
// hung up.
[[nodiscard]] load::FloodResult burst_of_fleet(Address const& target, std::vector<load::Login> const& logins,
                                               std::atomic<bool> const* is_interrupted);
// `options`: where to. Each connection says the same words as a device of the fleet.
[[nodiscard]] load::FloodResult burst_of_flood(load::FloodOptions options, std::vector<load::Login> const& logins);

}  // namespace drydock::rig
