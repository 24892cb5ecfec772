// The seam of truth. Reads are point reads on the loop's thread; a change is one conditional
// write that re-checks everything the decision relied on, with its audit row in the same
// transaction, and is answered on the loop after the commit is durable.
#pragma once

#include "server/base/bytes.h"
#include "server/base/error.h"
#include "server/domain/cloud_errc.h"
#include "server/domain/types.h"
#include "server/token/vault.h"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace drydock {

// --- what a change relies on; a guard that no longer holds fails the whole change with its code
struct UserUnchanged {  // active, and the same rights version: else conflict (C14)
    UserId user;
    std::uint64_t rights_version;
};
struct OrganizationAlive {  // else not_found
    OrganizationId organization;
};
struct TemplateAlive {  // else not_found
    TemplateId template_id;
};
struct TokenRoom {  // live tokens minted in `tree` and below plus `adding` is at most `limit`: else over_limit (C8)
    OrganizationId tree;
    std::uint64_t adding;
    std::uint64_t limit;
};
struct OrganizationRoom {  // organizations below `tree` plus one are at most `limit`: else over_limit
    OrganizationId tree;
    std::uint64_t limit;
};
struct QrUnchanged {  // the code that was scanned is still the token's: else cannot_be_claimed (E32)
    TokenId token;
    TokenDigest qr_digest;
};
struct DeviceRoom {  // devices held by the organization plus one is at most `limit`: else over_limit
    OrganizationId organization;
    std::uint64_t limit;
};
using Guard =
    std::variant<UserUnchanged, OrganizationAlive, TemplateAlive, TokenRoom, DeviceRoom, OrganizationRoom, QrUnchanged>;

// --- what a change writes; ids are given out by the store and come back in the receipt, in order
struct NewOrganization {
    OrganizationId parent;
    std::string name;
    Plan plan;
};
struct NewUser {
    OrganizationId organization;
    std::string email;
    std::string name;
    Role role;
    std::string password_hash;
};
struct NewTemplate {
    OrganizationId organization;
    std::string name;
    std::string code;
    std::vector<MetadataField> fields;
};
struct NewToken {
    TokenDigest auth_digest;
    Bytes auth_sealed;
    TokenDigest qr_digest;
    Bytes qr_sealed;
    std::string device_name;
    Metadata metadata;
};
struct NewBatch {  // the receipt holds the batch's id, then each token's
    OrganizationId origin;
    TemplateId template_id;
    std::string name;
    UserId creator;
    WallTime created;
    std::vector<NewToken> tokens;
};
// One conditional write on a token: nothing happens, and the change fails with conflict, unless
// state, epoch and lock are the expected ones.
struct TokenUpdate {
    TokenId id;
    TokenState expected_state;
    Epoch expected_epoch;
    Lock expected_lock;
    TokenState state;
    OrganizationId holder;
    UserId owner;
    Epoch epoch;
    Lock lock;
    bool ever_connected;
    std::string given_name;
};
// A new QR token for a token whose update stands before it in the same change (E32).
struct ReplaceQr {
    TokenId id;
    TokenDigest qr_digest;
    Bytes qr_sealed;
};
using Write = std::variant<NewOrganization, NewUser, NewTemplate, NewBatch, TokenUpdate, ReplaceQr>;

struct Change {
    std::vector<Guard> guards;
    std::vector<Write> writes;
    std::vector<AuditEntry> audit;  // for a NewBatch one entry with token none is written per batch
    // With a key, the first commit's receipt is remembered 24 h and given again for the same
    // (user, key); nothing is written twice (API-04).
    std::optional<std::pair<UserId, std::string>> idempotency;
};

struct Receipt {
    std::vector<std::uint64_t> ids;
    bool is_replay = false;
};

// What a login needs, from the in-memory index (no disk on the login path).
struct LoginEntry {
    TokenId id;
    Epoch epoch = 0;
    TokenState state = TokenState::generated;
    OrganizationId place;  // the holder, or the origin while there is none
};

struct Sealed {
    TokenDigest auth_digest;
    Bytes auth_sealed;
    TokenDigest qr_digest;
    Bytes qr_sealed;
};

// A list is read page by page: what stands behind row `after`, at most `limit` rows. A cursor
// instead of an offset, so that a row that comes or goes moves no other across a page's edge.
struct Page {
    std::uint64_t after = 0;
    std::uint64_t limit = 100;  // 1 to k_page_max
};
inline constexpr std::uint64_t k_page_max = 1000;
template <class T>
struct Listed {
    std::vector<T> items;
    std::uint64_t next = 0;  // the next page's `after`; zero when this was the last
};

// What the store did since it was opened, for people who watch it.
struct StoreFigures {
    std::uint64_t transactions = 0;  // group commits
    std::uint64_t changes = 0;       // durable ones
    std::uint64_t refused = 0;       // by a guard or a condition
    std::uint64_t failed = 0;        // by the database
    std::uint64_t rows = 0;          // written by durable changes
    std::uint64_t waiting = 0;       // changes in the queue now
};

class Store {
public:
    using Committed = std::function<void(result<Receipt>)>;

    Store() = default;
    Store(Store const&) = delete;
    Store& operator=(Store const&) = delete;
    virtual ~Store() = default;

    // Applies the whole change or nothing. `then` is called once on the loop, never inside this
    // call. After a success the change survives kill -9 and power loss, and the login index has it.
    virtual void commit(Change change, Committed then) = 0;

    // Every read fails with cloud_errc::unavailable when the store cannot answer truthfully; an
    // empty optional is a committed negative.
    [[nodiscard]] virtual result<std::optional<LoginEntry>> find_login(TokenDigest const& auth_digest) = 0;
    [[nodiscard]] virtual result<std::optional<Token>> token(TokenId id) = 0;
    [[nodiscard]] virtual result<std::optional<Token>> token_by_qr(TokenDigest const& qr_digest) = 0;
    [[nodiscard]] virtual result<std::optional<Sealed>> sealed(TokenId id) = 0;
    // Every list is by id, oldest first.
    // Tokens minted in this organization, deleted ones left out.
    [[nodiscard]] virtual result<Listed<Token>> tokens_of(OrganizationId origin, Page page) = 0;
    // Devices held by this organization (activated or claimed); with an owner only that user's.
    [[nodiscard]] virtual result<Listed<Token>> devices_of(OrganizationId holder, UserId owner, Page page) = 0;
    [[nodiscard]] virtual result<Listed<AuditEntry>> history(TokenId id, Page page) = 0;
    [[nodiscard]] virtual result<std::optional<Organization>> organization(OrganizationId id) = 0;
    // The organization and its parents, itself first, the root last. Empty when unknown.
    [[nodiscard]] virtual result<std::vector<Organization>> ancestry(OrganizationId id) = 0;
    [[nodiscard]] virtual result<Listed<Organization>> children(OrganizationId id, Page page) = 0;
    [[nodiscard]] virtual result<std::optional<User>> user(UserId id) = 0;
    [[nodiscard]] virtual result<std::optional<User>> user_by_email(std::string const& email) = 0;
    [[nodiscard]] virtual result<Listed<User>> users_of(OrganizationId id, Page page) = 0;
    [[nodiscard]] virtual result<std::optional<Template>> template_by_id(TemplateId id) = 0;
    [[nodiscard]] virtual result<Listed<Template>> templates_of(OrganizationId id, Page page) = 0;

    [[nodiscard]] virtual StoreFigures figures() const = 0;
};

}  // namespace drydock
