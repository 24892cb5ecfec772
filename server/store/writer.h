// Applies changes to the database: guards, conditional writes, audit, idempotency. Knows nothing
// of threads; whoever owns the connection calls it inside a transaction.
#pragma once

#include "server/domain/store.h"
#include "server/store/sqlite.h"

#include <functional>
#include <utility>
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
    // It failed after some of its rows were written.
    bool left_traces = false;
};

class Writer {
public:
    // `pause` is called now and then within a batch of tokens, which takes long.
    Writer(sqlite::Connection& connection, std::function<void()> pause)
        : connection_(connection), pause_(std::move(pause)) {}
    // Inside an open transaction. `now` dates the idempotency key. A change that failed may have left
    // traces: the transaction is then good for nothing but rolling back.
    [[nodiscard]] Applied attempt(Change const& change, WallTime now);
    // The same with a way back: leaves no trace of a change that failed. Dearer, since SQLite keeps every
    // page as it was before, and a batch of tokens touches thousands.
    [[nodiscard]] Applied apply(Change const& change, WallTime now);

private:
    [[nodiscard]] error_code carry_out(Change const& change, WallTime now, Applied& applied);
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
    [[nodiscard]] static Applied refused_by_database(int code);
    [[nodiscard]] bool replay(Change const& change, WallTime now, Applied& applied, error_code& failure);

    sqlite::Connection& connection_;
    std::function<void()> pause_;
    int database_code_ = 0;
};

}  // namespace drydock
