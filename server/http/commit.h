// Awaiting a commit.
#pragma once

#include "server/domain/store.h"

#include <boost/asio/awaitable.hpp>

namespace drydock {

// The outcome after the commit is durable.
[[nodiscard]] boost::asio::awaitable<result<Receipt>> committed(Store& store, Change change);

}  // namespace drydock
