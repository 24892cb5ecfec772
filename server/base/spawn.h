// Coroutines that nobody awaits. Asio's `detached` swallows exceptions; this names the
// coroutine and ends the process when one escapes, since that is a bug.
#pragma once

#include "server/base/clock.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace drydock {

// `name` must live as long as the process (a literal).
void spawn(boost::asio::any_io_executor executor, char const* name, boost::asio::awaitable<void> coroutine);

// Suspends the calling coroutine until `when` on this clock.
boost::asio::awaitable<void> sleep_until(Clock& clock, TimePoint when);

}  // namespace drydock
