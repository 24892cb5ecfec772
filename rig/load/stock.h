// What a load run's cloud holds before the first device arrives: a maker with the tokens of the plan,
// and customers, each with an organization of his own, some of whom own devices already.
#pragma once

#include "server/base/error.h"
#include "server/base/loop.h"
#include "server/domain/store.h"
#include "server/token/vault.h"
#include "sim/fleet/fleet.h"

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace drydock::rig {

inline constexpr std::uint32_t k_no_customer = std::numeric_limits<std::uint32_t>::max();

struct StockItem {
    load::TokenText token{};
    std::array<char, 36> qr{};
    std::array<char, 10> printed{};  // "tok#a1b2c3", which confirms a deletion
    std::uint64_t id = 0;            // 0: the cloud never had it
    std::uint32_t owner = k_no_customer;
};

struct Customer {
    std::string email;
    std::uint64_t organization = 0;
};

// Secrets: kept in memory, sent to workers over pipes, never printed.
struct Stock {
    std::vector<StockItem> items;  // one for each device of the plan
    std::vector<Customer> customers;
    std::string maker;    // e-mail address of the administrator
    Secret password;      // of the maker and of all customers
    std::uint64_t model;  // the template of the tokens
};

// How many customers a plan needs.
[[nodiscard]] std::size_t customers_of(load::LoadPlan const& plan);

// Fills a new, empty store: root organization, maker, customers, tokens by the plan's seed, claims and
// deletions. `run` runs the loop until its argument says so. Passwords are hashed as cheaply as can be:
// thousands of customers sign in, and their sign-ins are not what is measured. Throws
// InfrastructureError when the store refuses.
struct StockOrder {
    Loop& loop;
    Store& store;
    Vault const& vault;
    Secret password;
    std::function<void(std::function<bool()> is_done)> run;
    std::function<void(std::uint64_t)> on_progress;  // tokens so far; may be empty
};
[[nodiscard]] Stock fill_store(load::LoadPlan const& plan, StockOrder order);

// Tokens of the devices of a shard, in the order of their index.
[[nodiscard]] std::vector<load::TokenText> tokens_of(Stock const& stock, load::Shard shard);

}  // namespace drydock::rig
