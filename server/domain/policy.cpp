#include "server/domain/policy.h"

#include "server/base/check.h"

#include <array>
#include <utility>

namespace drydock {

namespace {

constexpr std::array<std::pair<Verb, std::string_view>, 21> k_names{{
    {Verb::see_organization, "see_organization"},
    {Verb::create_organization, "create_organization"},
    {Verb::see_users, "see_users"},
    {Verb::create_user, "create_user"},
    {Verb::see_templates, "see_templates"},
    {Verb::create_template, "create_template"},
    {Verb::see_tokens, "see_tokens"},
    {Verb::create_tokens, "create_tokens"},
    {Verb::see_auth_token, "see_auth_token"},
    {Verb::see_qr, "see_qr"},
    {Verb::see_token_history, "see_token_history"},
    {Verb::hold, "hold"},
    {Verb::reissue_qr, "reissue_qr"},
    {Verb::disclaim, "disclaim"},
    {Verb::delete_token, "delete_token"},
    {Verb::claim, "claim"},
    {Verb::list_devices, "list_devices"},
    {Verb::see_device, "see_device"},
    {Verb::rename_device, "rename_device"},
    {Verb::delete_device, "delete_device"},
    {Verb::transfer, "transfer"},
}};

bool is_in_or_below(Relation relation) { return relation == Relation::same || relation == Relation::descendant; }

bool sees_device(Subject const& subject, Object const& object) {
    if (object.is_owner) { return true; }
    if (object.holder == Relation::same) { return subject.role != Role::user; }
    return object.holder == Relation::descendant && subject.role == Role::admin;
}

bool sees_token(Subject const& subject, Object const& object) {
    if (object.origin == Relation::same) { return subject.role != Role::user; }
    return object.origin == Relation::descendant && subject.role == Role::admin;
}

Verdict allow_or(bool allowed, bool seen) {
    if (allowed) { return Verdict::allowed; }
    return seen ? Verdict::forbidden : Verdict::hidden;
}

// A tombstone: its maker hears that it is gone and may read its history; nobody else learns that
// it was ever there.
Verdict on_deleted(Verb verb, bool is_seen_by_maker) {
    if (!is_seen_by_maker) { return Verdict::hidden; }
    return verb == Verb::see_token_history ? Verdict::allowed : Verdict::gone;
}

// The AuthToken is the device itself, the QR the right to own it: both are the maker's.
Verdict on_token(Subject const& subject, Verb verb, Object const& object) {
    bool const is_maker = object.origin == Relation::same && subject.role == Role::admin;
    bool const token_seen = sees_token(subject, object);
    switch (verb) {
        case Verb::see_tokens:
        case Verb::see_token_history: return allow_or(token_seen, token_seen);
        case Verb::see_auth_token:
        case Verb::see_qr:
        case Verb::hold:
        case Verb::reissue_qr:
        case Verb::disclaim:  // L269: only the organization where it was created
        case Verb::delete_token: return allow_or(is_maker, token_seen || sees_device(subject, object));
        default: return Verdict::hidden;
    }
}

// There is a device while somebody holds it; until then nobody sees one.
Verdict on_device(Subject const& subject, Verb verb, Object const& object) {
    bool const is_claimed_now = is_claimed(object.state);
    bool const is_admin = subject.role == Role::admin;
    bool const device_seen = sees_device(subject, object);
    bool const is_owner_side = object.is_owner || (object.holder == Relation::same && is_admin && is_claimed_now);
    bool const is_maker = object.origin == Relation::same && is_admin && !is_claimed_now;
    switch (verb) {
        case Verb::see_device: return allow_or(device_seen, device_seen);
        case Verb::rename_device:
        case Verb::delete_device: return allow_or(device_seen && (is_owner_side || is_maker), device_seen);
        case Verb::transfer: return allow_or(is_owner_side, device_seen);
        default: return Verdict::hidden;
    }
}

Verdict on_organization(Subject const& subject, Verb verb, Object const& object) {
    bool const is_admin = subject.role == Role::admin;
    bool const here = object.organization == Relation::same;
    bool const seen = here || (is_in_or_below(object.organization) && is_admin);
    switch (verb) {
        case Verb::see_organization: return allow_or(seen, seen);
        // A template is read by whoever works in its organization or below: devices carry it.
        case Verb::see_templates: return allow_or(seen || object.organization == Relation::ancestor, seen);
        case Verb::see_users: return allow_or(seen && subject.role != Role::user, seen);
        case Verb::create_organization:
        case Verb::create_user: return allow_or(is_in_or_below(object.organization) && is_admin, seen);
        case Verb::create_template:
        case Verb::create_tokens: return allow_or(here && is_admin, seen);
        case Verb::list_devices: return allow_or(here, seen);
        default: return Verdict::hidden;
    }
}

}  // namespace

std::string_view to_text(Verb verb) {
    for (auto const& [candidate, name] : k_names) {
        if (candidate == verb) { return name; }
    }
    DRYDOCK_UNREACHABLE();
}

std::vector<Verb> const& all_verbs() {
    static std::vector<Verb> const verbs = [] {
        std::vector<Verb> all;
        all.reserve(k_names.size());
        for (auto const& [verb, name] : k_names) { all.push_back(verb); }
        return all;
    }();
    return verbs;
}

Verdict may(Subject const& subject, Verb verb, Object const& object) {
    if (!subject.user.valid()) { return Verdict::hidden; }
    switch (verb) {
        case Verb::see_tokens:
        case Verb::see_token_history:
        case Verb::see_auth_token:
        case Verb::see_qr:
        case Verb::hold:
        case Verb::reissue_qr:
        case Verb::disclaim:
        case Verb::delete_token:
            if (!is_live(object.state)) {
                return on_deleted(verb, object.origin == Relation::same && sees_token(subject, object));
            }
            return on_token(subject, verb, object);
        case Verb::see_device:
        case Verb::rename_device:
        case Verb::delete_device:
        case Verb::transfer: return is_live(object.state) ? on_device(subject, verb, object) : Verdict::hidden;
        // CLAIM-02, INV-05: a signed-in account and the code are enough; the tenant tree and the
        // room are checked with the token in hand.
        case Verb::claim: return Verdict::allowed;
        default: return on_organization(subject, verb, object);
    }
}

}  // namespace drydock
