// What stands behind a port of a cloud that somebody else runs, asked before a fleet is let loose on it.
#pragma once

#include "rig/bench/bench.h"
#include "server/base/loop.h"
#include "server/net/stream.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace drydock::rig {

// Why devices cannot talk to the target as they are to, plain or over TLS, and what may be done; empty: they can.
// Takes at most 20 seconds. Loop thread only; loop and dialer must outlive the call.
[[nodiscard]] boost::asio::awaitable<std::string> why_no_device_port(Loop& loop, Dialer& dialer, Target target);

}  // namespace drydock::rig
