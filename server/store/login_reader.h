// Fills the index of logins from a store that nobody writes to yet: a server is of no use to any
// device before that is done, so a large store is read by two threads.
#pragma once

#include "server/store/login_index.h"
#include "server/store/sqlite.h"

#include <cstdint>
#include <string>

namespace drydock {

// Below, a second connection costs more than it saves.
inline constexpr std::uint64_t k_tokens_worth_two = 50'000;

// Blocks until all are read; from `worth_two` tokens on with a second thread and connection. Throws
// std::runtime_error when the store cannot be read.
void read_logins(sqlite::Connection& connection, std::string const& file, LoginIndex& into,
                 std::uint64_t worth_two = k_tokens_worth_two);

}  // namespace drydock
