#include "server/domain/lifecycle.h"

#include "server/base/random.h"
#include "tests/support/printing.h"

#include <catch2/catch.hpp>

using namespace drydock;

namespace {

Token in_state(TokenState state) {
    Token token;
    token.id = TokenId{1};
    token.origin = OrganizationId{10};
    token.state = state;
    token.epoch = 4;
    token.ever_connected =
        state == TokenState::activated || state == TokenState::claimed || state == TokenState::parked;
    if (is_claimed(state)) {
        token.holder = OrganizationId{20};
        token.owner = UserId{5};
    }
    if (state == TokenState::activated) { token.holder = token.origin; }
    return token;
}

constexpr Claimer k_anna{UserId{5}, OrganizationId{20}};
constexpr Claimer k_ben{UserId{6}, OrganizationId{30}};

void apply(Token& token, TokenUpdate const& update) {
    token.state = update.state;
    token.holder = update.holder;
    token.owner = update.owner;
    token.epoch = update.epoch;
    token.lock = update.lock;
    token.ever_connected = update.ever_connected;
}

}  // namespace

TEST_CASE("connecting leads where the life cycle says", "[domain][E3][E5][E7]") {
    CHECK(lifecycle::connect(in_state(TokenState::generated))->update->state == TokenState::activated);
    CHECK(lifecycle::connect(in_state(TokenState::parked))->event == "E7");
    CHECK(lifecycle::connect(in_state(TokenState::parked))->update->holder == OrganizationId{10});
    CHECK(lifecycle::connect(in_state(TokenState::claimed_new))->update->state == TokenState::claimed);
    CHECK_FALSE(lifecycle::connect(in_state(TokenState::activated))->update);
    CHECK_FALSE(lifecycle::connect(in_state(TokenState::claimed))->update);
    CHECK(lifecycle::connect(in_state(TokenState::deleted)).error() == make_error_code(cloud_errc::dead_token));
}

TEST_CASE("a used, deleted or held code is refused like an unknown one", "[domain][E15][E17][CLAIM-13]") {
    auto const refused = make_error_code(cloud_errc::cannot_be_claimed);
    CHECK(lifecycle::claim(in_state(TokenState::claimed), k_ben).error() == refused);
    CHECK(lifecycle::claim(in_state(TokenState::claimed_new), k_ben).error() == refused);
    CHECK(lifecycle::claim(in_state(TokenState::deleted), k_ben).error() == refused);
    Token held = in_state(TokenState::activated);
    held.lock = Lock::hold;
    CHECK(lifecycle::claim(held, k_ben).error() == refused);
}

TEST_CASE("the owner's second scan is a success that changes nothing", "[domain][E16]") {
    auto const again = lifecycle::claim(in_state(TokenState::claimed), k_anna);
    REQUIRE(again);
    CHECK_FALSE(again->update);
}

TEST_CASE("a claim keeps the session, release and disclaim close it, delete closes it for good",
          "[domain][E13][E18][E19][E23]") {
    CHECK(lifecycle::claim(in_state(TokenState::activated), k_anna)->fate == SessionFate::rehome);
    CHECK(lifecycle::release(in_state(TokenState::claimed))->fate == SessionFate::kick);
    CHECK(lifecycle::disclaim(in_state(TokenState::claimed))->fate == SessionFate::kick);
    CHECK(lifecycle::remove(in_state(TokenState::claimed), lifecycle::ClaimedIncluded::yes)->fate ==
          SessionFate::kick_for_good);
}

TEST_CASE("a transfer takes the history along unless it is to be left behind", "[domain][E21][XFER-04]") {
    Token const owned = in_state(TokenState::claimed);
    CHECK(lifecycle::transfer(owned, k_ben, lifecycle::History::goes_along)->fate == SessionFate::move);
    CHECK(lifecycle::transfer(owned, k_ben, lifecycle::History::stays_behind)->fate == SessionFate::rehome);
}

TEST_CASE("deleting a claimed token needs its acknowledgement", "[domain][DEL-01]") {
    auto const refused = lifecycle::remove(in_state(TokenState::claimed), lifecycle::ClaimedIncluded::no);
    CHECK(refused.error() == make_error_code(cloud_errc::confirmation_needed));
}

TEST_CASE("an unclaimed unit cannot be transferred: only the scan makes it claimed", "[domain][E21]") {
    CHECK(lifecycle::transfer(in_state(TokenState::activated), k_ben, lifecycle::History::goes_along).error() ==
          make_error_code(cloud_errc::invalid));
}

TEST_CASE("whatever happens in whatever order, the invariants hold", "[domain][I2][I3][I4]") {
    Random random(Seed{11});
    for (int life = 0; life < 2000; ++life) {
        Token token = in_state(TokenState::generated);
        for (int turn = 0; turn < 30; ++turn) {
            Token const before = token;
            result<Decision> decided = fail(cloud_errc::invalid);
            switch (random.below(9)) {
                case 0: decided = lifecycle::connect(token); break;
                case 1: decided = lifecycle::claim(token, k_anna); break;
                case 2: decided = lifecycle::claim(token, k_ben); break;
                case 3: decided = lifecycle::release(token); break;
                case 4: decided = lifecycle::disclaim(token); break;
                case 5: decided = lifecycle::transfer(token, k_ben, lifecycle::History::goes_along); break;
                case 6: decided = lifecycle::hold(token, random.chance(1, 2) ? Lock::hold : Lock::none); break;
                case 7: decided = lifecycle::clear_device(token); break;
                default:
                    if (random.chance(1, 10)) { decided = lifecycle::remove(token, lifecycle::ClaimedIncluded::yes); }
                    break;
            }
            if (decided && decided->update) { apply(token, *decided->update); }
            // I2
            CHECK(token.owner.valid() == is_claimed(token.state));
            CHECK((!is_claimed(token.state) || token.holder.valid()));
            CHECK((is_claimed(token.state) || !token.holder.valid() || token.holder == token.origin));
            // I3
            CHECK((before.state != TokenState::deleted || token.state == TokenState::deleted));
            // I4
            bool const changed_hands =
                before.owner != token.owner || (before.state != token.state && token.state == TokenState::deleted);
            CHECK(token.epoch == before.epoch + (changed_hands ? 1U : 0U));
        }
    }
}
