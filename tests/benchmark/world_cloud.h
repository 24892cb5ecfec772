// The cloud in a world of virtual time, with tokens that devices name by number (filled_store.h).
#pragma once

#include "server/app/cloud.h"
#include "server/store/sqlite_store.h"
#include "sim/fleet/fleet.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"
#include "tests/benchmark/filled_store.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace drydock::bench {

class WorldCloud {
public:
    // Both outlive the cloud; `events` keeps none.
    WorldCloud(World& world, MemoryNetwork& network, EventLog& events, std::uint64_t tokens)
        : world_(world),
          vault_(std::array<std::byte, 32>{std::byte{3}}),
          store_(SqliteStore::open(world.loop(), ":memory:", SqliteStore::Commits::inline_)) {
        events.keep_none();
        fill(*store_, vault_, world.loop().entropy, tokens,
             [this](bool const& is_done) { run_while([&is_done] { return !is_done; }); });
        CloudOptions options;
        options.plain = Address{"cloud", 8080};
        options.setup_password = Secret("a benchmark's password");
        options.http.password_cost = PasswordCost{8, 1, 1};
        cloud_.emplace(world.loop(), network, *store_, vault_, events, options);
        bool is_open = false;
        cloud_->start([&is_open](result<void> started) { is_open = started.has_value(); });
        run_while([&is_open] { return !is_open; });
    }
    ~WorldCloud() { cloud_->stop(); }
    WorldCloud(WorldCloud const&) = delete;
    WorldCloud& operator=(WorldCloud const&) = delete;

    [[nodiscard]] Address address() const { return cloud_->plain(); }
    [[nodiscard]] std::size_t online_devices() const { return cloud_->online_devices(); }

private:
    void run_while(std::function<bool()> more) {
        if (!world_.run_while(std::move(more))) { throw std::runtime_error(world_.stall_report()); }
    }

    World& world_;
    Vault vault_;
    std::unique_ptr<SqliteStore> store_;
    std::optional<Cloud> cloud_;
};

// The first `count` tokens of the store, as a fleet wants them.
[[nodiscard]] inline std::vector<load::TokenText> fleet_tokens(std::uint64_t count) {
    std::vector<load::TokenText> tokens(count);
    for (std::uint64_t number = 0; number < count; ++number) {
        Secret const token = token_number(number);
        std::copy_n(token.reveal().begin(), tokens[number].size(), tokens[number].begin());
    }
    return tokens;
}

}  // namespace drydock::bench
