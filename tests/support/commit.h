// Changes of a store with its writer thread, waited for.
#pragma once

#include "server/base/real_loop.h"
#include "server/domain/store.h"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace drydock::test {

inline result<Receipt> commit(RealLoop& real, Store& store, Change change) {
    std::optional<result<Receipt>> outcome;
    store.commit(std::move(change), [&outcome](result<Receipt> done) { outcome.emplace(std::move(done)); });
    while (!outcome) {
        real.reactor().restart();
        real.reactor().run_one();
    }
    return *outcome;
}

// How much of its plan an organization has taken: the greatest limit under which there is no room for one
// more. `Room` is TokenRoom or DeviceRoom.
template <class Room>
std::uint64_t room_taken(RealLoop& real, Store& store, OrganizationId organization) {
    constexpr std::uint64_t k_most = 100;
    for (std::uint64_t limit = 0; limit <= k_most; ++limit) {
        Change ask;
        if constexpr (std::is_same_v<Room, TokenRoom>) {
            ask.guards.push_back(TokenRoom{organization, 1, limit});
        } else {
            ask.guards.push_back(Room{organization, limit});
        }
        auto const outcome = commit(real, store, std::move(ask));
        if (outcome && limit > 0) { return limit - 1; }
        if (outcome || outcome.error() != make_error_code(cloud_errc::over_limit)) { break; }
    }
    throw std::logic_error("room without a limit, or without an end");
}

}  // namespace drydock::test
