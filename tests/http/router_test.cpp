// The router by itself: nothing is served that no rule allows.
#include "server/base/spawn.h"
#include "server/http/api.h"
#include "server/http/bootstrap.h"
#include "server/store/sqlite_store.h"
#include "sim/world/world.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace drydock;

namespace {

struct NoSessions final : LiveSessions {
    void rehome(TokenId, Epoch, OrganizationId, Values) override {}
    void kick(TokenId, Epoch) override {}
    [[nodiscard]] bool is_online(TokenId) const override { return false; }
    [[nodiscard]] Metadata values(TokenId, Epoch) const override { return {}; }
};

boost::asio::awaitable<ApiResponse> tell_all(Call&) {
    ApiResponse response;
    response.body = "a secret";
    co_return response;
}

Route route_with(Rule rule) {
    Route route;
    route.method = "GET";
    route.path = "/new";
    route.rule = rule;
    route.handler = &tell_all;
    return route;
}

boost::asio::awaitable<void> ask(Call& call, std::span<Route const> table, ApiResponse& response, bool& is_done) {
    response = co_await answer(call, table);
    is_done = true;
}

boost::asio::awaitable<void> begin(Loop& loop, Store& store, bool& is_done) {
    auto const made = co_await ensure_root(loop, store, Secret("a long password"), PasswordCost{8, 1, 1});
    is_done = made.has_value();
}

// The platform's root, who may do whatever anybody may.
class Desk {
public:
    Desk() : store_(SqliteStore::open(world_.loop(), ":memory:", SqliteStore::Commits::inline_)) {
        bool is_done = false;
        spawn(world_.loop().executor, "begin", begin(world_.loop(), *store_, is_done));
        REQUIRE(world_.run_while([&is_done] { return !is_done; }));
    }

    ApiResponse answer_of(Route const& route, bool is_signed_in) {
        ApiRequest request;
        request.method = "GET";
        request.path = "/api/v1/new";
        if (is_signed_in) { request.bearer = api_.sessions.open(UserId{1}); }
        std::array<Route, 1> const table{route};
        Call call(api_, std::move(request));
        ApiResponse response;
        bool is_done = false;
        spawn(world_.loop().executor, "ask", ask(call, table, response, is_done));
        REQUIRE(world_.run_while([&is_done] { return !is_done; }));
        return response;
    }

private:
    World world_{Seed{1}};
    std::unique_ptr<SqliteStore> store_;
    Vault vault_{std::array<std::byte, 32>{}};
    NoSessions live_;
    EventLog events_{world_.loop().clock};
    Api api_{world_.loop(), *store_, vault_, live_, events_, HttpOptions{}};
};

}  // namespace

TEST_CASE("a route that was given no rule is refused to everybody", "[http][SEC-04]") {
    Desk desk;
    Route forgotten = route_with({});
    for (bool const is_signed_in : {false, true}) {
        ApiResponse const response = desk.answer_of(forgotten, is_signed_in);
        CHECK(response.status == 403);
        CHECK(response.body.find("secret") == std::string::npos);
    }
}

TEST_CASE("a route whose rule does not say what it is about is refused", "[http][SEC-04]") {
    Desk desk;
    CHECK(desk.answer_of(route_with(asks(Verb::see_tokens, nullptr)), true).status == 403);
}

TEST_CASE("a rule lets in whom it names", "[http][SEC-04]") {
    Desk desk;
    CHECK(desk.answer_of(route_with(k_open), false).status == 200);
    CHECK(desk.answer_of(route_with(k_signed_in), false).status == 401);
    CHECK(desk.answer_of(route_with(k_signed_in), true).status == 200);
    CHECK(desk.answer_of(route_with(asks(Verb::see_tokens, &acted_in)), false).status == 401);
    CHECK(desk.answer_of(route_with(asks(Verb::see_tokens, &acted_in)), true).status == 200);
}
