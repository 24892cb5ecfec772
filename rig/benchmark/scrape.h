// Reads one figure off the /metrics page of a drydockd. Blocks until it is there.
#pragma once

#include <cstdint>
#include <string_view>

namespace drydock::rig {

// The value of the sample with this name and without labels. Throws InfrastructureError when the
// page cannot be had or has no such sample.
[[nodiscard]] double metric_of(std::uint16_t port, std::string_view name);

// Heap in use.
[[nodiscard]] inline double heap_bytes_of(std::uint16_t port) { return metric_of(port, "drydock_heap_bytes"); }

}  // namespace drydock::rig
