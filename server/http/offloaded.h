// Awaiting a piece of work in the offload thread.
#pragma once

#include "server/base/loop.h"

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace drydock {

// Runs `work` away from the loop and goes on when it is done. False when the queue is full.
[[nodiscard]] boost::asio::awaitable<bool> offloaded(Loop& loop, std::function<void()> work);

}  // namespace drydock
