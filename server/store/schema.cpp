#include "server/store/schema.h"

#include <array>
#include <stdexcept>
#include <string>

namespace drydock {

namespace {

// Step n brings a file from version n to n + 1.
constexpr std::array<char const*, 4> k_steps{
    R"sql(
CREATE TABLE organizations(
    id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER NOT NULL, name TEXT NOT NULL, plan INTEGER NOT NULL,
    UNIQUE(parent, name)) STRICT;
CREATE TABLE users(
    id INTEGER PRIMARY KEY AUTOINCREMENT, organization INTEGER NOT NULL REFERENCES organizations(id),
    email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role INTEGER NOT NULL, password_hash TEXT NOT NULL,
    rights_version INTEGER NOT NULL DEFAULT 1, is_active INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE INDEX users_by_organization ON users(organization);
CREATE TABLE templates(
    id INTEGER PRIMARY KEY AUTOINCREMENT, organization INTEGER NOT NULL REFERENCES organizations(id),
    name TEXT NOT NULL, code TEXT NOT NULL UNIQUE, fields BLOB NOT NULL) STRICT;
CREATE INDEX templates_by_organization ON templates(organization);
CREATE TABLE batches(
    id INTEGER PRIMARY KEY AUTOINCREMENT, origin INTEGER NOT NULL, template INTEGER NOT NULL, name TEXT NOT NULL,
    creator INTEGER NOT NULL, created INTEGER NOT NULL, count INTEGER NOT NULL) STRICT;
CREATE TABLE tokens(
    id INTEGER PRIMARY KEY AUTOINCREMENT, origin INTEGER NOT NULL, template INTEGER NOT NULL,
    batch INTEGER NOT NULL, state INTEGER NOT NULL, holder INTEGER NOT NULL DEFAULT 0,
    owner INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0, lock INTEGER NOT NULL DEFAULT 0,
    ever_connected INTEGER NOT NULL DEFAULT 0, device_name TEXT NOT NULL, given_name TEXT NOT NULL DEFAULT '',
    metadata BLOB NOT NULL, auth_digest BLOB NOT NULL UNIQUE, auth_sealed BLOB NOT NULL,
    qr_digest BLOB NOT NULL UNIQUE, qr_sealed BLOB NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE INDEX tokens_by_origin ON tokens(origin, id) WHERE state <> 5;
CREATE INDEX tokens_by_holder ON tokens(holder, id) WHERE holder <> 0;
CREATE TABLE audit(
    id INTEGER PRIMARY KEY AUTOINCREMENT, token INTEGER NOT NULL, event TEXT NOT NULL, verb TEXT NOT NULL,
    actor INTEGER NOT NULL, organization INTEGER NOT NULL, epoch_before INTEGER NOT NULL,
    epoch_after INTEGER NOT NULL, state_after INTEGER NOT NULL, at INTEGER NOT NULL, source TEXT NOT NULL) STRICT;
CREATE INDEX audit_by_token ON audit(token, id);
CREATE TABLE idempotency(
    user INTEGER NOT NULL, key TEXT NOT NULL, ids BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY(user, key)) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE settings(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
)sql",
    // Unique by the first eight bytes of a digest: an index of half the pages, and a batch of tokens writes
    // nearly all of them. Two of a million tokens share eight bytes in one store of eighteen million; that
    // batch is refused, and asked for again it has other tokens.
    R"sql(
CREATE TABLE tokens_apart(
    id INTEGER PRIMARY KEY AUTOINCREMENT, origin INTEGER NOT NULL, template INTEGER NOT NULL,
    batch INTEGER NOT NULL, state INTEGER NOT NULL, holder INTEGER NOT NULL DEFAULT 0,
    owner INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0, lock INTEGER NOT NULL DEFAULT 0,
    ever_connected INTEGER NOT NULL DEFAULT 0, device_name TEXT NOT NULL, given_name TEXT NOT NULL DEFAULT '',
    metadata BLOB NOT NULL, auth_digest BLOB NOT NULL, auth_sealed BLOB NOT NULL,
    qr_digest BLOB NOT NULL, qr_sealed BLOB NOT NULL, created INTEGER NOT NULL) STRICT;
INSERT INTO tokens_apart SELECT * FROM tokens;
DROP TABLE tokens;
ALTER TABLE tokens_apart RENAME TO tokens;
CREATE UNIQUE INDEX tokens_by_auth ON tokens(substr(auth_digest, 1, 8));
CREATE UNIQUE INDEX tokens_by_qr ON tokens(substr(qr_digest, 1, 8));
CREATE INDEX tokens_by_origin ON tokens(origin, id) WHERE state <> 5;
CREATE INDEX tokens_by_holder ON tokens(holder, id) WHERE holder <> 0;
)sql",
    // What a plan allows is asked before each batch and each claim: counted row by row, both would get dearer with
    // every token. Those who insert tokens add to `minted`, whole batches at a time.
    R"sql(
CREATE TABLE token_counts(
    organization INTEGER PRIMARY KEY, minted INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO token_counts
    SELECT organization, sum(minted), sum(held) FROM (
        SELECT origin AS organization, count(*) AS minted, 0 AS held FROM tokens WHERE state <> 5 GROUP BY origin
        UNION ALL SELECT holder, 0, count(*) FROM tokens WHERE holder <> 0 GROUP BY holder)
    GROUP BY organization;
CREATE TRIGGER token_leaves AFTER UPDATE OF holder ON tokens WHEN old.holder <> 0 AND old.holder <> new.holder BEGIN
    UPDATE token_counts SET held = held - 1 WHERE organization = old.holder;
END;
CREATE TRIGGER token_arrives AFTER UPDATE OF holder ON tokens WHEN new.holder <> 0 AND old.holder <> new.holder BEGIN
    INSERT INTO token_counts(organization, held) VALUES(new.holder, 1)
        ON CONFLICT(organization) DO UPDATE SET held = held + 1;
END;
CREATE TRIGGER token_ends AFTER UPDATE OF state ON tokens WHEN new.state = 5 AND old.state <> 5 BEGIN
    UPDATE token_counts SET minted = minted - 1 WHERE organization = old.origin;
END;
)sql"};

std::uint64_t version_of(sqlite::Connection& connection) {
    sqlite::Statement ask(connection, "PRAGMA user_version");
    return ask.step() ? ask.number(0) : 0;
}

}  // namespace

std::uint64_t newest_version() { return k_steps.size(); }

void migrate(sqlite::Connection& connection, std::uint64_t wanted) {
    std::uint64_t version = version_of(connection);
    if (version > k_steps.size()) {
        throw std::runtime_error("the store has version " + std::to_string(version) + " and this program knows up to " +
                                 std::to_string(k_steps.size()) + ": use a newer drydock");
    }
    for (; version < wanted; ++version) {
        connection.must_run("BEGIN IMMEDIATE");
        connection.must_run(k_steps[version]);
        connection.must_run(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
        connection.must_run("COMMIT");
    }
}

}  // namespace drydock
