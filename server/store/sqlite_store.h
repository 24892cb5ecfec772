// The embedded store: SQLite with WAL and synchronous=FULL. One connection writes, on
// writer threads with group commit, one checkpoints behind it, and a read-only one answers point reads
// on the loop. In memory (virtual time) one connection does both, and commits are answered inline.
#pragma once

#include "server/base/loop.h"
#include "server/domain/store.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace drydock {

class SqliteStore final : public Store {
public:
    enum class Commits { writer_thread, inline_ };

    // A file from this size on is checked for damage behind the running server, not before its start.
    static constexpr std::uint64_t k_checked_behind_bytes = 32ULL * 1024 * 1024;
    // Called on the loop when that check found damage; the store answers `unavailable` from then on.
    using OnDamage = std::function<void(std::string const& what)>;

    // ":memory:" needs Commits::inline_. Throws std::runtime_error with the file and the cause:
    // unusable, damaged, of a newer version, or, when a vault is given, not sealed by its key. A
    // new store belongs to that vault's key from then on.
    [[nodiscard]] static std::unique_ptr<SqliteStore> open(Loop& loop, std::filesystem::path const& file,
                                                           Commits commits, Vault const* vault = nullptr,
                                                           OnDamage on_damage = {});
    // Finishes what is queued before it returns; outcomes not yet told are not told any more.
    ~SqliteStore() override;

    void commit(Change change, Committed then) override;
    [[nodiscard]] result<std::optional<LoginEntry>> find_login(TokenDigest const& auth_digest) override;
    [[nodiscard]] result<std::optional<Token>> token(TokenId id) override;
    [[nodiscard]] result<std::optional<Token>> token_by_qr(TokenDigest const& qr_digest) override;
    [[nodiscard]] result<std::optional<Sealed>> sealed(TokenId id) override;
    [[nodiscard]] result<Listed<Token>> tokens_of(OrganizationId origin, Page page) override;
    [[nodiscard]] result<Listed<Token>> devices_of(OrganizationId holder, UserId owner, Page page) override;
    [[nodiscard]] result<Listed<AuditEntry>> history(TokenId id, Page page) override;
    [[nodiscard]] result<std::optional<Organization>> organization(OrganizationId id) override;
    [[nodiscard]] result<std::vector<Organization>> ancestry(OrganizationId id) override;
    [[nodiscard]] result<Listed<Organization>> children(OrganizationId id, Page page) override;
    [[nodiscard]] result<std::optional<User>> user(UserId id) override;
    [[nodiscard]] result<std::optional<User>> user_by_email(std::string const& email) override;
    [[nodiscard]] result<Listed<User>> users_of(OrganizationId id, Page page) override;
    [[nodiscard]] result<std::optional<Template>> template_by_id(TemplateId id) override;
    [[nodiscard]] result<Listed<Template>> templates_of(OrganizationId id, Page page) override;
    [[nodiscard]] StoreFigures figures() const override;

private:
    struct State;
    explicit SqliteStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace drydock
