// Fills the index of logins from a store that nobody writes to yet: a server is of no use to any
// device before that is done, so a large store is read by two threads.
#pragma once

#include "server/store/login_index.h"
#include "server/store/sqlite.h"

#include <string>

namespace drydock {

// Blocks until all are read. Throws std::runtime_error when the store cannot be read.
void read_logins(sqlite::Connection& connection, std::string const& file, LoginIndex& into);

}  // namespace drydock
