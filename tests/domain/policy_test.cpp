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
    for (Verb verb :
         {Verb::disclaim, Verb::delete_token, Verb::see_auth_token, Verb::see_qr, Verb::hold, Verb::reissue_qr}) {
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
    CHECK(may(k_user, Verb::delete_device, owned) == Verdict::allowed);
    owned.is_owner = false;
    CHECK(may(k_admin, Verb::delete_device, owned) == Verdict::allowed);
    CHECK(may(k_staff, Verb::delete_device, owned) == Verdict::forbidden);
    CHECK(may(k_user, Verb::delete_device, owned) == Verdict::hidden);
    CHECK(may(k_admin, Verb::delete_device, token(Relation::same, Relation::none, TokenState::claimed)) ==
          Verdict::hidden);
}

TEST_CASE("a stranger without a session may nothing", "[domain]") {
    Subject const nobody{};
    for (Verb verb : all_verbs()) {
        CHECK(may(nobody, verb, token(Relation::same, Relation::same, TokenState::claimed)) == Verdict::hidden);
    }
}

TEST_CASE("a deleted token is gone for its maker and was never there for anybody else", "[domain][E22][DEL-02]") {
    Object const mine = token(Relation::same, Relation::none, TokenState::deleted);
    for (Verb verb : {Verb::see_tokens, Verb::see_auth_token, Verb::see_qr, Verb::hold, Verb::reissue_qr,
                      Verb::disclaim, Verb::delete_token}) {
        INFO(to_text(verb));
        CHECK(may(k_admin, verb, mine) == Verdict::gone);
        CHECK(may(k_staff, verb, mine) == Verdict::gone);
        CHECK(may(k_user, verb, mine) == Verdict::hidden);
        for (Relation other : {Relation::descendant, Relation::ancestor, Relation::none}) {
            CHECK(may(k_admin, verb, token(other, Relation::none, TokenState::deleted)) == Verdict::hidden);
        }
    }
    CHECK(may(k_admin, Verb::see_token_history, mine) == Verdict::allowed);
    CHECK(may(k_admin, Verb::see_device, mine) == Verdict::hidden);
    CHECK(may(k_admin, Verb::transfer, mine) == Verdict::hidden);
}

TEST_CASE("a device is seen while somebody holds it, and an unclaimed one is its maker's", "[domain][E24]") {
    Object const unborn = token(Relation::same, Relation::none, TokenState::generated);
    Object const on_the_bench = token(Relation::same, Relation::same, TokenState::activated);
    for (Verb verb : {Verb::see_device, Verb::rename_device, Verb::delete_device}) {
        CHECK(may(k_admin, verb, unborn) == Verdict::hidden);
        CHECK(may(k_admin, verb, on_the_bench) == Verdict::allowed);
    }
    CHECK(may(k_staff, Verb::see_device, on_the_bench) == Verdict::allowed);
    CHECK(may(k_staff, Verb::delete_device, on_the_bench) == Verdict::forbidden);
    CHECK(may(k_user, Verb::see_device, on_the_bench) == Verdict::hidden);
    CHECK(may(k_admin, Verb::transfer, on_the_bench) == Verdict::forbidden);
}

TEST_CASE("a verb that no rule knows is refused", "[domain][SEC-04]") {
    Object object = token(Relation::same, Relation::same, TokenState::claimed);
    object.organization = Relation::same;
    CHECK(may(k_admin, static_cast<Verb>(all_verbs().size()), object) == Verdict::hidden);
}

TEST_CASE("an ancestor looks but does not touch", "[domain][ORG-04]") {
    Object const below = token(Relation::descendant, Relation::descendant, TokenState::claimed);
    CHECK(may(k_admin, Verb::see_tokens, below) == Verdict::allowed);
    CHECK(may(k_admin, Verb::see_device, below) == Verdict::allowed);
    CHECK(may(k_admin, Verb::delete_device, below) == Verdict::forbidden);
    CHECK(may(k_admin, Verb::transfer, below) == Verdict::forbidden);
    CHECK(may(k_staff, Verb::see_device, below) == Verdict::hidden);
}
