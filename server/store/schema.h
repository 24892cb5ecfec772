// The tables, by version. A file of an older version is brought up step by step, each step in one
// transaction; a newer one is refused.
#pragma once

#include "server/store/sqlite.h"

namespace drydock {

// Throws std::runtime_error with the cause; the file is then as it was.
void migrate(sqlite::Connection& connection);

}  // namespace drydock
