// The limit of the hardware: the smallest server that speaks the frames of a login. It answers
// every frame with status 200 and checks nothing, so nothing that checks can be much faster.
#pragma once

#include <cstdint>
#include <functional>

namespace drydock::rig {

// Listens on a free loopback port, tells it, and serves until the process that started it ends.
// Gives an exit code.
[[nodiscard]] int run_limit_server(std::function<void(std::uint16_t port)> const& on_listening);

}  // namespace drydock::rig
