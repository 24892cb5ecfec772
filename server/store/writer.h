// Applies changes to the database: guards, conditional writes, audit, idempotency. Knows nothing
// of threads; whoever owns the connection calls it inside a transaction.
#pragma once

#include "server/domain/store.h"
#include "server/store/sqlite.h"

#include <vector>

namespace drydock {

// What the login index must learn once the transaction is durable.
struct LoginUpdate {
    TokenDigest auth_digest;
    LoginEntry entry;
};

struct Applied {
    result<Receipt> outcome;
    std::vector<LoginUpdate> logins;
    // SQLite's code when the database, not a guard, failed.
    int database_code = 0;
};

class Writer {
public:
    explicit Writer(sqlite::Connection& connection) : connection_(connection) {}
    // Inside an open transaction; leaves no trace of a change that failed. `now` dates the
    // idempotency key.
    [[nodiscard]] Applied apply(Change const& change, WallTime now);

private:
    [[nodiscard]] error_code guard(Guard const& guard);
    [[nodiscard]] error_code write(Write const& write, Applied& applied);
    [[nodiscard]] error_code insert(NewOrganization const& row, Applied& applied);
    [[nodiscard]] error_code insert(NewUser const& row, Applied& applied);
    [[nodiscard]] error_code insert(NewTemplate const& row, Applied& applied);
    [[nodiscard]] error_code insert(NewBatch const& row, Applied& applied);
    [[nodiscard]] error_code insert(TokenUpdate const& row, Applied& applied);
    [[nodiscard]] error_code insert(ReplaceQr const& row, Applied& applied);
    [[nodiscard]] error_code audit(AuditEntry const& entry);
    [[nodiscard]] error_code finish(sqlite::Statement& statement);
    [[nodiscard]] error_code database_failed(int code);
    [[nodiscard]] bool replay(Change const& change, WallTime now, Applied& applied);

    sqlite::Connection& connection_;
    int database_code_ = 0;
};

}  // namespace drydock
