#include "server/store/sqlite_store.h"

#include "server/store/checkpointer.h"
#include "server/store/commit_queue.h"
#include "server/store/integrity_check.h"
#include "server/store/login_reader.h"
#include "server/store/packing.h"
#include "server/store/schema.h"

#include <algorithm>
#include <stdexcept>

namespace drydock {

namespace {

#define DRYDOCK_TOKEN_COLUMNS                                                                       \
    "id, origin, template, batch, state, holder, owner, epoch, lock, ever_connected, device_name, " \
    "given_name, metadata, auth_digest, created"
// By the words of the index first; the digest is bound twice.
#define DRYDOCK_HAS_QR_DIGEST "substr(qr_digest, 1, 8) = substr(?, 1, 8) AND qr_digest = ?"
#define DRYDOCK_USER_COLUMNS "id, organization, email, name, role, password_hash, rights_version, is_active"

WallTime wall_from(std::uint64_t millis) {
    return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(millis)));
}

Token read_token(sqlite::Statement& row) {
    Token token;
    token.id = TokenId{row.number(0)};
    token.origin = OrganizationId{row.number(1)};
    token.template_id = TemplateId{row.number(2)};
    token.batch = BatchId{row.number(3)};
    token.state = static_cast<TokenState>(row.number(4));
    token.holder = OrganizationId{row.number(5)};
    token.owner = UserId{row.number(6)};
    token.epoch = row.number(7);
    token.lock = static_cast<Lock>(row.number(8));
    token.ever_connected = row.number(9) != 0;
    token.device_name = row.text(10);
    token.given_name = row.text(11);
    token.metadata = packing::unpack_metadata(row.bytes(12));
    token.printed = Vault::printed(packing::digest_from(row.bytes(13)));
    token.created = wall_from(row.number(14));
    return token;
}

Organization read_organization(sqlite::Statement& row) {
    return Organization{OrganizationId{row.number(0)}, OrganizationId{row.number(1)}, row.text(2),
                        static_cast<Plan>(row.number(3))};
}

User read_user(sqlite::Statement& row) {
    User user;
    user.id = UserId{row.number(0)};
    user.organization = OrganizationId{row.number(1)};
    user.email = row.text(2);
    user.name = row.text(3);
    user.role = static_cast<Role>(row.number(4));
    user.password_hash = row.text(5);
    user.rights_version = row.number(6);
    user.is_active = row.number(7) != 0;
    return user;
}

Template read_template(sqlite::Statement& row) {
    return Template{TemplateId{row.number(0)}, OrganizationId{row.number(1)}, row.text(2), row.text(3),
                    packing::unpack_fields(row.bytes(4))};
}

AuditEntry read_audit(sqlite::Statement& row) {
    AuditEntry entry;
    entry.token = TokenId{row.number(0)};
    entry.event = row.text(1);
    entry.verb = row.text(2);
    entry.actor = UserId{row.number(3)};
    entry.organization = OrganizationId{row.number(4)};
    entry.epoch_before = row.number(5);
    entry.epoch_after = row.number(6);
    entry.state_after = static_cast<TokenState>(row.number(7));
    entry.at = wall_from(row.number(8));
    entry.source = row.text(9);
    entry.id = row.number(10);
    return entry;
}

// The first row, an empty optional for none, `unavailable` when the database failed.
template <class Read>
auto first(sqlite::Statement& statement, Read read) -> result<std::optional<decltype(read(statement))>> {
    using Row = std::optional<decltype(read(statement))>;
    if (statement.step()) { return Row(read(statement)); }
    if (statement.failed()) { return fail(cloud_errc::unavailable); }
    return Row();
}

template <class Read>
auto all(sqlite::Statement& statement, Read read) -> result<std::vector<decltype(read(statement))>> {
    std::vector<decltype(read(statement))> rows;
    while (statement.step()) { rows.push_back(read(statement)); }
    if (statement.failed()) { return fail(cloud_errc::unavailable); }
    return rows;
}

std::uint64_t row_of(AuditEntry const& entry) { return entry.id; }
template <class Item>
std::uint64_t row_of(Item const& item) {
    return item.id.value;
}

// The statement's last two parameters are the row to begin behind and how many rows; one more
// than wanted is asked for, to know whether there is another page.
template <class Read>
auto one_page(sqlite::Statement& statement, Page page, Read read) -> result<Listed<decltype(read(statement))>> {
    std::uint64_t const limit = std::clamp<std::uint64_t>(page.limit, 1, k_page_max);
    auto rows = all(statement.bind(page.after).bind(limit + 1), read);
    if (!rows) { return rows.error(); }
    Listed<decltype(read(statement))> listed{std::move(*rows), 0};
    if (listed.items.size() > limit) {
        listed.items.pop_back();
        listed.next = row_of(listed.items.back());
    }
    return listed;
}

void prepare(sqlite::Connection& connection) {
    // Before the first table. Fewer, larger pages: a batch of tokens writes every page of their indexes.
    connection.must_run("PRAGMA page_size = 8192");
    connection.must_run("PRAGMA journal_mode = WAL");
    connection.must_run("PRAGMA synchronous = FULL");
    connection.must_run("PRAGMA foreign_keys = ON");
    connection.must_run("PRAGMA cell_size_check = ON");
    connection.must_run("PRAGMA secure_delete = ON");
    // No file for what is in passing: tokens do not belong in the machine's common folder, and with every
    // descriptor taken there would be none.
    connection.must_run("PRAGMA temp_store = MEMORY");
    // 64 MiB at most: digests are random, so a batch of tokens touches the whole of their indexes.
    connection.must_run("PRAGMA cache_size = -65536");
}

bool is_large(std::string const& file) {
    std::error_code nothing;
    std::uintmax_t const bytes = std::filesystem::file_size(file, nothing);
    return !nothing && bytes >= SqliteStore::k_checked_behind_bytes;
}

// A store belongs to one vault key: under another every live token would look unknown, and real
// devices stop for ever on that answer. A store from before the check value shows by a token of
// its own whose key it is.
void must_fit(sqlite::Connection& connection, Vault const& vault, std::string const& file) {
    bool is_known = false;
    bool fits = true;
    {
        sqlite::Statement ask(connection, "SELECT value FROM settings WHERE name = 'key check'");
        is_known = ask.step();
        if (is_known) { fits = packing::digest_from(ask.bytes(0)) == vault.key_check(); }
        if (ask.failed()) { throw std::runtime_error("the store cannot be read: " + connection.message()); }
    }
    if (!is_known) {
        sqlite::Statement ask(connection, "SELECT auth_sealed, auth_digest FROM tokens WHERE state <> 5 LIMIT 1");
        if (ask.step()) { fits = vault.unseal(ask.bytes(0), packing::digest_from(ask.bytes(1))).has_value(); }
    }
    if (!fits) {
        throw std::runtime_error("the token key does not belong to the store " + file +
                                 ": every device would be refused for ever. Put back the key file that was beside the "
                                 "store when its tokens were made, or begin with an empty data folder");
    }
    if (is_known) { return; }
    sqlite::Statement keep(connection, "INSERT INTO settings(name, value) VALUES('key check', ?)");
    TokenDigest const check = vault.key_check();
    if (keep.bind(BytesView(check.bytes)).step() || keep.failed()) {
        throw std::runtime_error("the store cannot be written: " + connection.message());
    }
}

}  // namespace

struct SqliteStore::State {
    State(Loop& loop, std::string const& file, Commits commits, Vault const* vault, OnDamage on_damage)
        : writing(file, sqlite::Connection::Mode::read_write) {
        prepare(writing);
        if (!is_large(file)) {
            std::string const damage = find_damage(writing);
            if (!damage.empty()) {
                throw std::runtime_error("the store " + file + " is damaged (" + damage +
                                         "): restore it from a backup");
            }
        }
        migrate(writing);
        if (vault != nullptr) { must_fit(writing, *vault, file); }
        read_logins(writing, file, logins);
        if (commits == Commits::writer_thread) {
            reading_own = std::make_unique<sqlite::Connection>(file, sqlite::Connection::Mode::read_only);
            checkpointer = std::make_unique<Checkpointer>(file, writing);
        }
        auto learn = [this](std::vector<LoginUpdate> const& updates) {
            for (LoginUpdate const& update : updates) { logins.set(update.auth_digest, update.entry); }
        };
        auto const runs = commits == Commits::writer_thread ? CommitQueue::Runs::threaded : CommitQueue::Runs::inline_;
        queue = std::make_unique<CommitQueue>(loop, writing, runs, std::move(learn));
        if (is_large(file)) {
            check = std::make_unique<IntegrityCheck>(loop, file,
                                                     [this, tell = std::move(on_damage)](std::string const& what) {
                                                         queue->poison();
                                                         if (tell) { tell(what); }
                                                     });
        }
    }

    [[nodiscard]] sqlite::Connection& reading() { return reading_own ? *reading_own : writing; }

    sqlite::Connection writing;
    std::unique_ptr<sqlite::Connection> reading_own;
    LoginIndex logins;
    std::unique_ptr<Checkpointer> checkpointer;
    std::unique_ptr<CommitQueue> queue;
    std::unique_ptr<IntegrityCheck> check;  // uses the queue
};

std::unique_ptr<SqliteStore> SqliteStore::open(Loop& loop, std::filesystem::path const& file, Commits commits,
                                               Vault const* vault, OnDamage on_damage) {
    return std::unique_ptr<SqliteStore>(
        new SqliteStore(std::make_unique<State>(loop, file.string(), commits, vault, std::move(on_damage))));
}

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() {
    state_->check.reset();
    state_->queue.reset();
}

void SqliteStore::commit(Change change, Committed then) { state_->queue->add(std::move(change), std::move(then)); }

result<std::optional<LoginEntry>> SqliteStore::find_login(TokenDigest const& auth_digest) {
    if (state_->queue->is_poisoned()) { return fail(cloud_errc::unavailable); }
    LoginEntry const* const found = state_->logins.find(auth_digest);
    return found == nullptr ? std::optional<LoginEntry>() : std::optional<LoginEntry>(*found);
}

result<std::optional<Token>> SqliteStore::token(TokenId id) {
    sqlite::Statement ask(state_->reading(), "SELECT " DRYDOCK_TOKEN_COLUMNS " FROM tokens WHERE id = ?");
    return first(ask.bind(id.value), read_token);
}

result<std::optional<Token>> SqliteStore::token_by_qr(TokenDigest const& qr_digest) {
    sqlite::Statement ask(state_->reading(),
                          "SELECT " DRYDOCK_TOKEN_COLUMNS " FROM tokens WHERE " DRYDOCK_HAS_QR_DIGEST);
    BytesView const digest(qr_digest.bytes);
    return first(ask.bind(digest).bind(digest), read_token);
}

result<std::optional<Sealed>> SqliteStore::sealed(TokenId id) {
    sqlite::Statement ask(
        state_->reading(),
        "SELECT auth_digest, auth_sealed, qr_digest, qr_sealed FROM tokens WHERE id = ? AND state <> 5");
    return first(ask.bind(id.value), [](sqlite::Statement& row) {
        return Sealed{packing::digest_from(row.bytes(0)), row.bytes(1), packing::digest_from(row.bytes(2)),
                      row.bytes(3)};
    });
}

result<Listed<Token>> SqliteStore::tokens_of(OrganizationId origin, Page page) {
    sqlite::Statement ask(state_->reading(),
                          "SELECT " DRYDOCK_TOKEN_COLUMNS
                          " FROM tokens WHERE origin = ? AND state <> 5 AND id > ? ORDER BY id LIMIT ?");
    return one_page(ask.bind(origin.value), page, read_token);
}

result<Listed<Token>> SqliteStore::devices_of(OrganizationId holder, UserId owner, Page page) {
    sqlite::Statement ask(
        state_->reading(),
        "SELECT " DRYDOCK_TOKEN_COLUMNS
        " FROM tokens WHERE holder = ? AND holder <> 0 AND (? IN (0, owner)) AND id > ? ORDER BY id LIMIT ?");
    return one_page(ask.bind(holder.value).bind(owner.value), page, read_token);
}

result<Listed<AuditEntry>> SqliteStore::history(TokenId id, Page page) {
    sqlite::Statement ask(
        state_->reading(),
        "SELECT token, event, verb, actor, organization, epoch_before, epoch_after, state_after, at, source, id "
        "FROM audit WHERE token = ? AND id > ? ORDER BY id LIMIT ?");
    return one_page(ask.bind(id.value), page, read_audit);
}

result<std::optional<Organization>> SqliteStore::organization(OrganizationId id) {
    sqlite::Statement ask(state_->reading(), "SELECT id, parent, name, plan FROM organizations WHERE id = ?");
    return first(ask.bind(id.value), read_organization);
}

result<std::vector<Organization>> SqliteStore::ancestry(OrganizationId id) {
    sqlite::Statement ask(
        state_->reading(),
        "WITH RECURSIVE up(id, parent, name, plan, depth) AS ("
        "SELECT id, parent, name, plan, 0 FROM organizations WHERE id = ? UNION ALL "
        "SELECT o.id, o.parent, o.name, o.plan, depth + 1 FROM organizations o JOIN up ON o.id = up.parent "
        "WHERE depth < 64) "
        "SELECT id, parent, name, plan FROM up ORDER BY depth");
    return all(ask.bind(id.value), read_organization);
}

result<Listed<Organization>> SqliteStore::children(OrganizationId id, Page page) {
    sqlite::Statement ask(
        state_->reading(),
        "SELECT id, parent, name, plan FROM organizations WHERE parent = ? AND id > ? ORDER BY id LIMIT ?");
    return one_page(ask.bind(id.value), page, read_organization);
}

result<std::optional<User>> SqliteStore::user(UserId id) {
    sqlite::Statement ask(state_->reading(), "SELECT " DRYDOCK_USER_COLUMNS " FROM users WHERE id = ?");
    return first(ask.bind(id.value), read_user);
}

result<std::optional<User>> SqliteStore::user_by_email(std::string const& email) {
    sqlite::Statement ask(state_->reading(), "SELECT " DRYDOCK_USER_COLUMNS " FROM users WHERE email = ?");
    return first(ask.bind(email), read_user);
}

result<Listed<User>> SqliteStore::users_of(OrganizationId id, Page page) {
    sqlite::Statement ask(state_->reading(), "SELECT " DRYDOCK_USER_COLUMNS
                                             " FROM users WHERE organization = ? AND id > ? ORDER BY id LIMIT ?");
    return one_page(ask.bind(id.value), page, read_user);
}

result<std::optional<Template>> SqliteStore::template_by_id(TemplateId id) {
    sqlite::Statement ask(state_->reading(), "SELECT id, organization, name, code, fields FROM templates WHERE id = ?");
    return first(ask.bind(id.value), read_template);
}

result<Listed<Template>> SqliteStore::templates_of(OrganizationId id, Page page) {
    sqlite::Statement ask(state_->reading(),
                          "SELECT id, organization, name, code, fields FROM templates "
                          "WHERE organization = ? AND id > ? ORDER BY id LIMIT ?");
    return one_page(ask.bind(id.value), page, read_template);
}

StoreFigures SqliteStore::figures() const { return state_->queue->figures(); }

}  // namespace drydock
