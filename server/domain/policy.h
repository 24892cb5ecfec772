// Who may do what: one deny-by-default function of subject, verb and object. The matrix is in
// README.md of this room; everything not granted there is refused.
#pragma once

#include "server/domain/types.h"

#include <string_view>
#include <vector>

namespace drydock {

enum class Verb {
    see_organization,
    create_organization,
    see_users,
    create_user,
    see_templates,
    create_template,
    see_tokens,
    create_tokens,
    see_auth_token,
    see_qr,  // whoever sees the code can claim the box
    see_token_history,
    hold,
    reissue_qr,
    disclaim,
    delete_token,
    claim,
    list_devices,  // of the organization acted in; which of them is see_device's business
    see_device,
    rename_device,
    delete_device,  // the owner side releases (E18), the maker clears an unclaimed unit (E24)
    transfer,
};
[[nodiscard]] std::string_view to_text(Verb verb);
[[nodiscard]] std::vector<Verb> const& all_verbs();

// Who asks. An admin who switched into an organization below his own acts there as its admin.
struct Subject {
    UserId user;
    Role role = Role::user;
    OrganizationId acting_in;  // his own organization, or the one switched into
};

// What is asked about, seen from the organization the subject acts in.
enum class Relation {
    none,        // beside or above: not to be seen
    same,        // the object's organization is the one acted in
    descendant,  // it lies below the one acted in
    ancestor,    // it lies above the one acted in
};
struct Object {
    Relation organization = Relation::none;  // of organizations, users, templates, lists
    Relation origin = Relation::none;        // of tokens: the origin organization's
    Relation holder = Relation::none;        // of tokens: the holder's
    bool is_owner = false;
    TokenState state = TokenState::generated;
};

enum class Verdict {
    allowed,
    forbidden,  // may see it, may not do it: 403
    hidden,     // may not even see it: 404
    gone,       // was deleted for good, and the subject is its maker: 410
};
[[nodiscard]] Verdict may(Subject const& subject, Verb verb, Object const& object);

}  // namespace drydock
