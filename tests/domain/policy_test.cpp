#include "server/domain/policy.h"

#include <catch2/catch.hpp>

using namespace drydock;

namespace {

Object token(Relation origin, Relation holder, TokenState state) {
    Object object;
    object.origin = origin;
    object.holder = holder;
    object.state = state;
    return object;
}

constexpr Subject k_admin{UserId{1}, Role::admin, OrganizationId{1}};
constexpr Subject k_staff{UserId{2}, Role::staff, OrganizationId{1}};
constexpr Subject k_user{UserId{3}, Role::user, OrganizationId{1}};

}  // namespace

TEST_CASE("only an administrator of the origin organization mints secrets' readers, disclaims and deletes",
          "[domain][UNCLAIM-01][DEL-01][SEC-04]") {
    for (Verb verb : {Verb::disclaim, Verb::delete_token, Verb::see_auth_token, Verb::hold, Verb::reissue_qr}) {
        CHECK(may(k_admin, verb, token(Relation::same, Relation::none, TokenState::generated)) == Verdict::allowed);
        CHECK(may(k_staff, verb, token(Relation::same, Relation::none, TokenState::generated)) == Verdict::forbidden);
        CHECK(may(k_user, verb, token(Relation::same, Relation::none, TokenState::generated)) == Verdict::hidden);
        CHECK(may(k_admin, verb, token(Relation::descendant, Relation::none, TokenState::generated)) ==
              Verdict::forbidden);
        CHECK(may(k_admin, verb, token(Relation::ancestor, Relation::none, TokenState::generated)) == Verdict::hidden);
        CHECK(may(k_admin, verb, token(Relation::none, Relation::none, TokenState::generated)) == Verdict::hidden);
    }
}

TEST_CASE("only the owner side releases", "[domain][RETURN-01]") {
    Object owned = token(Relation::ancestor, Relation::same, TokenState::claimed);
    owned.is_owner = true;
    CHECK(may(k_user, Verb::release, owned) == Verdict::allowed);
    owned.is_owner = false;
    CHECK(may(k_admin, Verb::release, owned) == Verdict::allowed);
    CHECK(may(k_staff, Verb::release, owned) == Verdict::forbidden);
    CHECK(may(k_user, Verb::release, owned) == Verdict::hidden);
    CHECK(may(k_admin, Verb::release, token(Relation::same, Relation::none, TokenState::claimed)) == Verdict::hidden);
}

TEST_CASE("a stranger without a session may nothing", "[domain]") {
    Subject const nobody{};
    for (Verb verb : all_verbs()) {
        CHECK(may(nobody, verb, token(Relation::same, Relation::same, TokenState::claimed)) == Verdict::hidden);
    }
}

TEST_CASE("an ancestor looks but does not touch", "[domain][ORG-04]") {
    Object const below = token(Relation::descendant, Relation::descendant, TokenState::claimed);
    CHECK(may(k_admin, Verb::see_tokens, below) == Verdict::allowed);
    CHECK(may(k_admin, Verb::see_device, below) == Verdict::allowed);
    CHECK(may(k_admin, Verb::release, below) == Verdict::forbidden);
    CHECK(may(k_admin, Verb::transfer, below) == Verdict::forbidden);
    CHECK(may(k_staff, Verb::see_device, below) == Verdict::hidden);
}
