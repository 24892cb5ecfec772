#include "server/store/writer.h"

#include "server/store/packing.h"

#include <chrono>

namespace drydock {

namespace {

constexpr std::size_t k_tokens_without_pause = 64;  // about a millisecond
constexpr auto k_idempotency_memory = std::chrono::hours(24);

std::uint64_t millis(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

// An organization and everything below it.
constexpr char const* k_tokens_in_tree =
    "WITH RECURSIVE tree(id) AS (SELECT ?1 UNION SELECT o.id FROM organizations o JOIN tree t ON o.parent = t.id) "
    "SELECT ifnull(sum(minted), 0) FROM token_counts WHERE organization IN tree";
constexpr char const* k_organizations_in_tree =
    "WITH RECURSIVE tree(id) AS (SELECT ?1 UNION SELECT o.id FROM organizations o JOIN tree t ON o.parent = t.id) "
    "SELECT count(*) FROM tree";

}  // namespace

Applied Writer::attempt(Change const& change, WallTime now) {
    Applied applied{Receipt{}, {}, 0, false};
    database_code_ = 0;
    std::uint64_t const rows_before = connection_.rows_written();
    error_code failure;
    if (change.idempotency && replay(change, now, applied, failure)) { return applied; }
    if (!failure) { failure = carry_out(change, now, applied); }
    if (failure) {
        applied.outcome = failure;
        applied.logins.clear();
        applied.left_traces = connection_.rows_written() != rows_before;
    }
    applied.database_code = database_code_;
    return applied;
}

Applied Writer::apply(Change const& change, WallTime now) {
    if (int const code = connection_.run("SAVEPOINT change"); code != 0) { return refused_by_database(code); }
    Applied applied = attempt(change, now);
    int code = applied.outcome ? 0 : connection_.run("ROLLBACK TO change");
    if (code == 0) { code = connection_.run("RELEASE change"); }
    // With the transaction gone there is nothing to go back to.
    if (code != 0) { return refused_by_database(applied.database_code != 0 ? applied.database_code : code); }
    applied.left_traces = false;
    return applied;
}

error_code Writer::carry_out(Change const& change, WallTime now, Applied& applied) {
    error_code failure;
    for (Guard const& one : change.guards) {
        if (!failure) { failure = guard(one); }
    }
    for (Write const& one : change.writes) {
        if (!failure) { failure = write(one, applied); }
    }
    for (AuditEntry const& entry : change.audit) {
        if (!failure) { failure = audit(entry); }
    }
    if (!failure && change.idempotency) {
        sqlite::Statement keep(connection_, "INSERT OR REPLACE INTO idempotency(user, key, ids, at) VALUES(?,?,?,?)");
        keep.bind(change.idempotency->first.value).bind(change.idempotency->second);
        keep.bind(packing::pack(applied.outcome->ids)).bind(millis(now));
        failure = finish(keep);
    }
    return failure;
}

bool Writer::replay(Change const& change, WallTime now, Applied& applied, error_code& failure) {
    sqlite::Statement ask(connection_, "SELECT ids FROM idempotency WHERE user = ? AND key = ? AND at > ?");
    ask.bind(change.idempotency->first.value).bind(change.idempotency->second);
    ask.bind(millis(now) - static_cast<std::uint64_t>(std::chrono::milliseconds(k_idempotency_memory).count()));
    if (!ask.step()) {
        if (ask.failed()) { failure = database_failed(ask.code()); }
        return false;
    }
    applied.outcome = Receipt{packing::unpack_ids(ask.bytes(0)), true};
    return true;
}

error_code Writer::database_failed(int code) {
    database_code_ = code;
    return cloud_errc::unavailable;
}

Applied Writer::refused_by_database(int code) { return {make_error_code(cloud_errc::unavailable), {}, code, false}; }

error_code Writer::finish(sqlite::Statement& statement) {
    while (statement.step()) {}
    if (!statement.failed()) { return {}; }
    if (sqlite::is_taken(statement.code())) { return cloud_errc::already_exists; }
    return database_failed(statement.code());
}

error_code Writer::guard(Guard const& guard) {
    if (auto const* user = std::get_if<UserUnchanged>(&guard)) {
        sqlite::Statement ask(connection_, "SELECT 1 FROM users WHERE id = ? AND rights_version = ? AND is_active = 1");
        ask.bind(user->user.value).bind(user->rights_version);
        if (ask.step()) { return {}; }
        return ask.failed() ? database_failed(ask.code()) : make_error_code(cloud_errc::conflict);
    }
    if (auto const* alive = std::get_if<OrganizationAlive>(&guard)) {
        sqlite::Statement ask(connection_, "SELECT 1 FROM organizations WHERE id = ?");
        ask.bind(alive->organization.value);
        if (ask.step()) { return {}; }
        return ask.failed() ? database_failed(ask.code()) : make_error_code(cloud_errc::not_found);
    }
    if (auto const* alive = std::get_if<TemplateAlive>(&guard)) {
        sqlite::Statement ask(connection_, "SELECT 1 FROM templates WHERE id = ?");
        ask.bind(alive->template_id.value);
        if (ask.step()) { return {}; }
        return ask.failed() ? database_failed(ask.code()) : make_error_code(cloud_errc::not_found);
    }
    if (auto const* room = std::get_if<TokenRoom>(&guard)) {
        sqlite::Statement ask(connection_, k_tokens_in_tree);
        ask.bind(room->tree.value);
        if (!ask.step()) { return database_failed(ask.code()); }
        return ask.number(0) + room->adding <= room->limit ? error_code() : make_error_code(cloud_errc::over_limit);
    }
    if (auto const* room = std::get_if<OrganizationRoom>(&guard)) {
        sqlite::Statement ask(connection_, k_organizations_in_tree);
        ask.bind(room->tree.value);
        if (!ask.step()) { return database_failed(ask.code()); }
        // The top itself is counted and is no sub-organization: it stands for the one to come.
        return ask.number(0) <= room->limit ? error_code() : make_error_code(cloud_errc::over_limit);
    }
    if (auto const* code = std::get_if<QrUnchanged>(&guard)) {
        sqlite::Statement ask(connection_, "SELECT 1 FROM tokens WHERE id = ? AND qr_digest = ?");
        ask.bind(code->token.value).bind(BytesView(code->qr_digest.bytes));
        if (ask.step()) { return {}; }
        return ask.failed() ? database_failed(ask.code()) : make_error_code(cloud_errc::cannot_be_claimed);
    }
    auto const& room = std::get<DeviceRoom>(guard);
    sqlite::Statement ask(connection_, "SELECT held FROM token_counts WHERE organization = ?");
    ask.bind(room.organization.value);
    std::uint64_t const held = ask.step() ? ask.number(0) : 0;
    if (ask.failed()) { return database_failed(ask.code()); }
    return held + 1 <= room.limit ? error_code() : make_error_code(cloud_errc::over_limit);
}

error_code Writer::write(Write const& write, Applied& applied) {
    return std::visit([&](auto const& row) { return insert(row, applied); }, write);
}

error_code Writer::insert(NewOrganization const& row, Applied& applied) {
    sqlite::Statement add(connection_, "INSERT INTO organizations(parent, name, plan) VALUES(?,?,?)");
    add.bind(row.parent.value).bind(row.name).bind(static_cast<std::uint64_t>(row.plan));
    if (auto const failure = finish(add)) { return failure; }
    applied.outcome->ids.push_back(static_cast<std::uint64_t>(connection_.last_row()));
    return {};
}

error_code Writer::insert(NewUser const& row, Applied& applied) {
    sqlite::Statement add(connection_,
                          "INSERT INTO users(organization, email, name, role, password_hash) VALUES(?,?,?,?,?)");
    add.bind(row.organization.value).bind(row.email).bind(row.name);
    add.bind(static_cast<std::uint64_t>(row.role)).bind(row.password_hash);
    if (auto const failure = finish(add)) { return failure; }
    applied.outcome->ids.push_back(static_cast<std::uint64_t>(connection_.last_row()));
    return {};
}

error_code Writer::insert(NewTemplate const& row, Applied& applied) {
    sqlite::Statement add(connection_, "INSERT INTO templates(organization, name, code, fields) VALUES(?,?,?,?)");
    add.bind(row.organization.value).bind(row.name).bind(row.code).bind(packing::pack(row.fields));
    if (auto const failure = finish(add)) { return failure; }
    applied.outcome->ids.push_back(static_cast<std::uint64_t>(connection_.last_row()));
    return {};
}

error_code Writer::insert(NewBatch const& row, Applied& applied) {
    sqlite::Statement add(connection_,
                          "INSERT INTO batches(origin, template, name, creator, created, count) VALUES(?,?,?,?,?,?)");
    add.bind(row.origin.value).bind(row.template_id.value).bind(row.name).bind(row.creator.value);
    add.bind(millis(row.created)).bind(row.tokens.size());
    if (auto const failure = finish(add)) { return failure; }
    auto const batch = static_cast<std::uint64_t>(connection_.last_row());
    applied.outcome->ids.push_back(batch);
    sqlite::Statement count(connection_,
                            "INSERT INTO token_counts(organization, minted) VALUES(?1, ?2) "
                            "ON CONFLICT(organization) DO UPDATE SET minted = minted + ?2");
    if (auto const failure = finish(count.bind(row.origin.value).bind(row.tokens.size()))) { return failure; }
    sqlite::Statement put(
        connection_,
        "INSERT INTO tokens(origin, template, batch, state, device_name, metadata, auth_digest, auth_sealed, "
        "qr_digest, qr_sealed, created) VALUES(?,?,?,0,?,?,?,?,?,?,?)");
    Bytes metadata;  // of the token being written: borrowed until the next one's
    std::size_t written = 0;
    for (NewToken const& token : row.tokens) {
        if (++written % k_tokens_without_pause == 0) { pause_(); }
        put.again();
        metadata = packing::pack(token.metadata);
        put.bind(row.origin.value).bind(row.template_id.value).bind(batch).borrow(token.device_name);
        put.borrow(metadata).borrow(BytesView(token.auth_digest.bytes)).borrow(token.auth_sealed);
        put.borrow(BytesView(token.qr_digest.bytes)).borrow(token.qr_sealed).bind(millis(row.created));
        if (auto const failure = finish(put)) { return failure; }
        auto const id = static_cast<std::uint64_t>(connection_.last_row());
        applied.outcome->ids.push_back(id);
        applied.logins.push_back({token.auth_digest, LoginEntry{TokenId{id}, 0, TokenState::generated, row.origin}});
    }
    return {};
}

error_code Writer::insert(TokenUpdate const& row, Applied& applied) {
    sqlite::Statement update(
        connection_,
        "UPDATE tokens SET state = ?, holder = ?, owner = ?, epoch = ?, lock = ?, ever_connected = ?, given_name = ? "
        "WHERE id = ? AND state = ? AND epoch = ? AND lock = ? RETURNING auth_digest, origin");
    update.bind(static_cast<std::uint64_t>(row.state)).bind(row.holder.value).bind(row.owner.value).bind(row.epoch);
    update.bind(static_cast<std::uint64_t>(row.lock)).bind(std::uint64_t{row.ever_connected}).bind(row.given_name);
    update.bind(row.id.value).bind(static_cast<std::uint64_t>(row.expected_state)).bind(row.expected_epoch);
    update.bind(static_cast<std::uint64_t>(row.expected_lock));
    if (!update.step()) {
        return update.failed() ? database_failed(update.code()) : make_error_code(cloud_errc::conflict);
    }
    LoginUpdate login;
    login.auth_digest = packing::digest_from(update.view(0));
    OrganizationId const origin{update.number(1)};
    if (auto const failure = finish(update)) { return failure; }
    login.entry = LoginEntry{row.id, row.epoch, row.state, row.holder.valid() ? row.holder : origin};
    applied.logins.push_back(login);
    if (row.state == TokenState::deleted) {
        // DEL-07: the tombstone keeps hashes only.
        sqlite::Statement erase(
            connection_,
            "UPDATE tokens SET device_name = '', given_name = '', metadata = x'', auth_sealed = x'', qr_sealed = x'' "
            "WHERE id = ?");
        erase.bind(row.id.value);
        return finish(erase);
    }
    return {};
}

error_code Writer::insert(ReplaceQr const& row, Applied&) {
    sqlite::Statement update(connection_, "UPDATE tokens SET qr_digest = ?, qr_sealed = ? WHERE id = ?");
    update.bind(BytesView(row.qr_digest.bytes)).bind(row.qr_sealed).bind(row.id.value);
    return finish(update);
}

error_code Writer::audit(AuditEntry const& entry) {
    sqlite::Statement add(
        connection_,
        "INSERT INTO audit("
        "token, event, verb, actor, organization, epoch_before, epoch_after, state_after, at, source) "
        "VALUES(?,?,?,?,?,?,?,?,?,?)");
    add.bind(entry.token.value).bind(entry.event).bind(entry.verb).bind(entry.actor.value);
    add.bind(entry.organization.value).bind(entry.epoch_before).bind(entry.epoch_after);
    add.bind(static_cast<std::uint64_t>(entry.state_after)).bind(millis(entry.at)).bind(entry.source);
    return finish(add);
}

}  // namespace drydock
