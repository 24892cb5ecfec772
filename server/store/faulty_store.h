// A store that fails on demand, or is wrong on purpose: a decorator for fault injection and for
// the servers that prove the scenarios can fail. With StoreFault::none and not down it passes
// everything through.
#pragma once

#include "server/base/loop.h"
#include "server/domain/store.h"

#include <deque>
#include <utility>

namespace drydock {

enum class StoreFault {
    none,
    lies_when_down,            // while down, "unknown token" instead of "cannot say"
    claims_without_condition,  // the check-then-update bug: a claim's condition always holds
    aborts_on_claim,           // the process ends with SIGABRT before a claim is written
};

class FaultyStore final : public Store {
public:
    FaultyStore(Store& inner, StoreFault fault, Loop& loop) : inner_(inner), fault_(fault), loop_(loop) {}
    // While down every read and commit fails with `unavailable`.
    void set_down(bool is_down) { is_down_ = is_down; }

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
    [[nodiscard]] StoreFigures figures() const override { return inner_.figures(); }

private:
    void write_next_claim();
    void drop_condition(TokenUpdate& update);

    Store& inner_;
    StoreFault fault_;
    Loop& loop_;
    bool is_down_ = false;
    std::deque<std::pair<Change, Committed>> claims_;
};

}  // namespace drydock
