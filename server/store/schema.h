// The tables, by version. A file of an older version is brought up step by step, each step in one
// transaction; a newer one is refused.
#pragma once

#include "server/store/sqlite.h"

#include <cstdint>

namespace drydock {

// What this program writes.
[[nodiscard]] std::uint64_t newest_version();

// `wanted` is 1 to newest_version(). Throws std::runtime_error with the cause; the file is then as it
// was before the step that failed.
void migrate(sqlite::Connection& connection, std::uint64_t wanted = newest_version());

}  // namespace drydock
