#include "server/store/faulty_store.h"

#include <boost/asio/post.hpp>

#include <cstdio>
#include <cstdlib>

namespace drydock {

namespace {

bool is_claim(Change const& change) {
    return !change.writes.empty() && std::holds_alternative<TokenUpdate>(change.writes.front()) &&
           is_claimed(std::get<TokenUpdate>(change.writes.front()).state);
}

}  // namespace

void FaultyStore::commit(Change change, Committed then) {
    if (is_down_) {
        boost::asio::post(loop_.executor, [call = std::move(then)] { call(fail(cloud_errc::unavailable)); });
        return;
    }
    if (fault_ == StoreFault::aborts_on_claim && is_claim(change)) {
        // tidy: print because these are the last words of a server that aborts on purpose
        std::fputs("a claim arrived, and this server is faulty on purpose: aborting\n", stderr);
        std::abort();
    }
    if (fault_ != StoreFault::claims_without_condition || !is_claim(change)) {
        return inner_.commit(std::move(change), std::move(then));
    }
    // What was decided on an old snapshot is written after all, one by one: nobody is told no.
    claims_.emplace_back(std::move(change), std::move(then));
    if (claims_.size() == 1) {
        // Between the look and the write there is time enough for another customer's look.
        loop_.clock.call_at(loop_.clock.now() + std::chrono::milliseconds(20), [this] { write_next_claim(); });
    }
}

void FaultyStore::write_next_claim() {
    auto [change, then] = std::move(claims_.front());
    drop_condition(std::get<TokenUpdate>(change.writes.front()));
    inner_.commit(std::move(change), [this, call = std::move(then)](result<Receipt> outcome) {
        call(std::move(outcome));
        claims_.pop_front();
        if (!claims_.empty()) { write_next_claim(); }
    });
}

void FaultyStore::drop_condition(TokenUpdate& update) {
    auto const now = inner_.token(update.id);
    if (!now || !*now) { return; }
    update.expected_state = (*now)->state;
    update.expected_epoch = (*now)->epoch;
    update.expected_lock = (*now)->lock;
}

result<std::optional<LoginEntry>> FaultyStore::find_login(TokenDigest const& auth_digest) {
    if (is_down_ && fault_ == StoreFault::lies_when_down) { return std::optional<LoginEntry>(); }
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.find_login(auth_digest);
}

result<std::optional<Token>> FaultyStore::token(TokenId id) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.token(id);
}

result<std::optional<Token>> FaultyStore::token_by_qr(TokenDigest const& qr_digest) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.token_by_qr(qr_digest);
}

result<std::optional<Sealed>> FaultyStore::sealed(TokenId id) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.sealed(id);
}

result<Listed<Token>> FaultyStore::tokens_of(OrganizationId origin, Page page) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.tokens_of(origin, page);
}

result<Listed<Token>> FaultyStore::devices_of(OrganizationId holder, UserId owner, Page page) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.devices_of(holder, owner, page);
}

result<Listed<AuditEntry>> FaultyStore::history(TokenId id, Page page) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.history(id, page);
}

result<std::optional<Organization>> FaultyStore::organization(OrganizationId id) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.organization(id);
}

result<std::vector<Organization>> FaultyStore::ancestry(OrganizationId id) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.ancestry(id);
}

result<Listed<Organization>> FaultyStore::children(OrganizationId id, Page page) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.children(id, page);
}

result<std::optional<User>> FaultyStore::user(UserId id) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.user(id);
}

result<std::optional<User>> FaultyStore::user_by_email(std::string const& email) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.user_by_email(email);
}

result<Listed<User>> FaultyStore::users_of(OrganizationId id, Page page) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.users_of(id, page);
}

result<std::optional<Template>> FaultyStore::template_by_id(TemplateId id) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.template_by_id(id);
}

result<Listed<Template>> FaultyStore::templates_of(OrganizationId id, Page page) {
    if (is_down_) { return fail(cloud_errc::unavailable); }
    return inner_.templates_of(id, page);
}

}  // namespace drydock
