// The first start: the root organization and its administrator.
#pragma once

#include "server/base/loop.h"
#include "server/domain/store.h"
#include "server/http/password.h"

#include <boost/asio/awaitable.hpp>

namespace drydock {

inline constexpr OrganizationId k_root_organization{1};

// Creates organization "Drydock" and admin@localhost when the store is empty; else does nothing.
[[nodiscard]] boost::asio::awaitable<result<void>> ensure_root(Loop& loop, Store& store, Secret setup_password,
                                                               PasswordCost cost);

}  // namespace drydock
