// Changes of a store with its writer thread, waited for.
#pragma once

#include "server/base/real_loop.h"
#include "server/domain/store.h"

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace drydock::test {

inline result<Receipt> commit(RealLoop& real, Store& store, Change change) {
    std::optional<result<Receipt>> outcome;
    store.commit(std::move(change), [&outcome](result<Receipt> done) { outcome.emplace(std::move(done)); });
    while (!outcome) {
        real.context().restart();
        real.context().run_one();
    }
    return *outcome;
}

// How much of its plan an organization has taken: the least limit under which there is room for one more,
// less one. `Room` is TokenRoom or DeviceRoom.
template <class Room>
std::uint64_t room_taken(RealLoop& real, Store& store, OrganizationId organization) {
    for (std::uint64_t limit = 1;; ++limit) {
        Change ask;
        if constexpr (std::is_same_v<Room, TokenRoom>) {
            ask.guards.push_back(TokenRoom{organization, 1, limit});
        } else {
            ask.guards.push_back(Room{organization, limit});
        }
        if (commit(real, store, std::move(ask))) { return limit - 1; }
    }
}

}  // namespace drydock::test
