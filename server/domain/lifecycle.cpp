#include "server/domain/lifecycle.h"

#include "server/base/check.h"

#include <utility>

namespace drydock::lifecycle {

namespace {

// The write that changes nothing yet, conditional on everything the decision relies on.
TokenUpdate unchanged(Token const& token) {
    TokenUpdate update;
    update.id = token.id;
    update.expected_state = token.state;
    update.expected_epoch = token.epoch;
    update.expected_lock = token.lock;
    update.state = token.state;
    update.holder = token.holder;
    update.owner = token.owner;
    update.epoch = token.epoch;
    update.lock = token.lock;
    update.ever_connected = token.ever_connected;
    update.given_name = token.given_name;
    return update;
}

// Ownership ends: the device is nobody's, its owner's overlay is gone, the QR claims again.
TokenUpdate unclaimed(Token const& token) {
    TokenUpdate update = unchanged(token);
    update.state = token.ever_connected ? TokenState::parked : TokenState::generated;
    update.holder = {};
    update.owner = {};
    update.epoch = token.epoch + 1;
    update.given_name.clear();
    return update;
}

Decision decided(std::string_view event, TokenUpdate update, SessionFate fate) {
    return Decision{event, std::move(update), fate};
}

Decision nothing_to_do(std::string_view event) { return Decision{event, std::nullopt, SessionFate::keep}; }

}  // namespace

result<Decision> connect(Token const& token) {
    TokenUpdate update = unchanged(token);
    update.ever_connected = true;
    switch (token.state) {
        case TokenState::generated:  // E3: the device appears in the origin organization
        case TokenState::parked:     // E7: it comes back by itself
            update.state = TokenState::activated;
            update.holder = token.origin;
            return decided(token.state == TokenState::parked ? "E7" : "E3", std::move(update), SessionFate::keep);
        case TokenState::claimed_new:  // E5: straight into its customer's organization
            update.state = TokenState::claimed;
            return decided("E5", std::move(update), SessionFate::keep);
        case TokenState::activated: return nothing_to_do("E4");
        case TokenState::claimed: return nothing_to_do("E6");
        case TokenState::deleted: return fail(cloud_errc::dead_token);  // E8
    }
    DRYDOCK_UNREACHABLE();
}

result<Decision> claim(Token const& token, Claimer const& claimer) {
    DRYDOCK_CHECK(claimer.user.valid());
    DRYDOCK_CHECK(claimer.organization.valid());
    if (is_claimed(token.state)) {
        // E16: scanning one's own box again is no error; E15: everybody else is refused alike.
        if (token.owner == claimer.user && token.holder == claimer.organization) { return nothing_to_do("E16"); }
        return fail(cloud_errc::cannot_be_claimed);
    }
    if (!is_live(token.state) || token.lock != Lock::none) { return fail(cloud_errc::cannot_be_claimed); }  // E17
    TokenUpdate update = unchanged(token);
    update.state = token.ever_connected ? TokenState::claimed : TokenState::claimed_new;
    update.holder = claimer.organization;
    update.owner = claimer.user;
    update.epoch = token.epoch + 1;
    update.given_name.clear();
    std::string_view const event = token.state == TokenState::activated ? "E13"
                                   : token.state == TokenState::parked  ? "E14"
                                                                        : "E12";
    return decided(event, std::move(update), SessionFate::rehome);
}

result<Decision> release(Token const& token) {
    if (!is_claimed(token.state)) { return fail(cloud_errc::not_found); }
    return decided("E18", unclaimed(token), SessionFate::kick);
}

result<Decision> disclaim(Token const& token) {
    if (!is_live(token.state)) { return fail(cloud_errc::not_found); }
    if (!is_claimed(token.state)) { return nothing_to_do("E20"); }
    return decided("E19", unclaimed(token), SessionFate::kick);
}

result<Decision> transfer(Token const& token, Claimer const& target, History history) {
    if (!is_claimed(token.state)) { return fail(cloud_errc::invalid); }
    if (token.owner == target.user && token.holder == target.organization) { return nothing_to_do("E21"); }
    TokenUpdate update = unchanged(token);
    update.holder = target.organization;
    update.owner = target.user;
    update.epoch = token.epoch + 1;
    return decided("E21", std::move(update), history == History::goes_along ? SessionFate::move : SessionFate::rehome);
}

result<Decision> remove(Token const& token, ClaimedIncluded included) {
    if (!is_live(token.state)) { return fail(cloud_errc::not_found); }
    bool const claimed = is_claimed(token.state);
    if (claimed && included == ClaimedIncluded::no) { return fail(cloud_errc::confirmation_needed); }
    TokenUpdate update = unchanged(token);
    update.state = TokenState::deleted;
    update.holder = {};
    update.owner = {};
    update.epoch = token.epoch + 1;
    update.lock = Lock::none;
    update.given_name.clear();
    return decided(claimed ? "E23" : "E22", std::move(update), SessionFate::kick_for_good);
}

result<Decision> clear_device(Token const& token) {
    if (token.state != TokenState::activated) { return fail(cloud_errc::invalid); }
    TokenUpdate update = unchanged(token);
    update.state = TokenState::generated;
    update.holder = {};
    update.ever_connected = false;
    return decided("E24", std::move(update), SessionFate::kick);
}

result<Decision> hold(Token const& token, Lock lock) {
    if (!is_live(token.state) || is_claimed(token.state)) { return fail(cloud_errc::invalid); }
    if (token.lock == lock) { return nothing_to_do("E31"); }
    TokenUpdate update = unchanged(token);
    update.lock = lock;
    return decided("E31", std::move(update), SessionFate::keep);
}

result<Decision> reissue_qr(Token const& token) {
    if (!is_live(token.state) || is_claimed(token.state)) { return fail(cloud_errc::invalid); }
    return decided("E32", unchanged(token), SessionFate::keep);
}

result<Decision> rename(Token const& token, std::string name) {
    if (token.state != TokenState::activated && !is_claimed(token.state)) { return fail(cloud_errc::not_found); }
    TokenUpdate update = unchanged(token);
    update.given_name = std::move(name);
    return decided("rename", std::move(update), SessionFate::keep);
}

}  // namespace drydock::lifecycle
