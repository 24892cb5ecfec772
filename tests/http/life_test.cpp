// The life of a token as the API tells it: who hears what about a code, a deleted token, a stale screen.
#include "tests/support/api_desk.h"

using namespace drydock;
using test::ApiDesk;
using test::Town;

namespace {

struct Street {
    ApiDesk desk;
    Town town{desk};

    HttpAnswer change(std::string const& session, std::string method, std::string const& path,
                      ApiDesk::Headers headers = {}, std::string body = {}) {
        return desk.ask(session, std::move(method), "/api/v1" + path, std::move(body), std::move(headers));
    }
    std::string state_of(std::uint64_t token) {
        return std::string(desk.must(town.maker, "GET", town.path_of(token)).at("state").as_string());
    }
};

}  // namespace

TEST_CASE("a deleted token is gone for its maker, unknown to others, and its history stays",
          "[http][E22][DEL-02][DEL-07]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const token = town.mint();
    std::string const printed = town.printed_of(token);
    std::string const code = town.code_of(token);
    REQUIRE(town.remove(town.maker, token, printed).status == 204);
    std::string const path = "/api/v1" + town.path_of(token);
    for (auto const* rest : {"", "/secret", "/qr.png"}) {
        HttpAnswer const answer = street.desk.ask(town.maker, "GET", path + rest);
        CHECK(answer.status == 410);
        CHECK(ApiDesk::code_of(answer) == "gone");
        CHECK(street.desk.ask(town.anna, "GET", path + rest).status == 404);
        CHECK(street.desk.ask(street.desk.root, "GET", path + rest).status == 404);
    }
    CHECK(town.remove(town.maker, token, printed).status == 410);
    for (auto const* rest : {"/disclaim", "/hold", "/qr"}) {
        CHECK(street.desk.ask(town.maker, "POST", path + rest).status == 410);
    }
    CHECK(ApiDesk::code_of(town.claim(town.anna, code)) == "cannot_be_claimed");
    auto const history = street.desk.must(town.maker, "GET", town.path_of(token) + "/history");
    CHECK(history.at("content").as_array().back().at("state").as_string() == "deleted");
}

TEST_CASE("a re-issued code claims, the old one never again", "[http][E32][CLAIM-13]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const token = town.mint();
    std::string const old_code = town.code_of(token);
    std::string const auth = town.auth_of(token);
    REQUIRE(street.change(town.maker, "POST", town.path_of(token) + "/qr").status == 200);
    std::string const new_code = town.code_of(token);
    CHECK(new_code != old_code);
    CHECK(town.auth_of(token) == auth);
    CHECK(ApiDesk::code_of(town.claim(town.anna, old_code)) == "cannot_be_claimed");
    CHECK(town.claim(town.anna, new_code).status == 200);
    // Used now: not even its owner's second scan of the old label is a success.
    CHECK(ApiDesk::code_of(town.claim(town.anna, old_code)) == "cannot_be_claimed");
    CHECK(street.change(town.maker, "POST", town.path_of(token) + "/qr").status == 400);
    REQUIRE(street.change(town.anna, "DELETE", "/devices/" + std::to_string(token)).status == 204);
    CHECK(ApiDesk::code_of(town.claim(town.anna, old_code)) == "cannot_be_claimed");
}

TEST_CASE("a held unit is claimed by nobody until it is let go", "[http][E17][E31]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const token = town.mint();
    std::string const code = town.code_of(token);
    REQUIRE(street.change(town.maker, "POST", town.path_of(token) + "/hold").status == 200);
    CHECK(ApiDesk::code_of(town.claim(town.anna, code)) == "cannot_be_claimed");
    CHECK(ApiDesk::code_of(town.claim(town.maker, code)) == "cannot_be_claimed");
    REQUIRE(street.change(town.maker, "DELETE", town.path_of(token) + "/hold").status == 200);
    CHECK(town.claim(town.anna, code).status == 200);
}

TEST_CASE("a stale If-Match is told to those who may, after everything else about them", "[http][C3][API-04]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const token = town.mint();
    std::string const printed = town.printed_of(token);
    REQUIRE(town.claim(town.anna, town.code_of(token)).status == 200);
    ApiDesk::Headers const stale{{"If-Match", "\"0\""}};
    ApiDesk::Headers const fresh{{"If-Match", "\"7\", \"1\""}};
    // Confirmed on a screen that showed it unclaimed: not deleted, and not merely a missing tick (C3).
    boost::json::object const confirmed{{"confirm", printed}};
    CHECK(street.change(town.maker, "DELETE", town.path_of(token), stale, boost::json::serialize(confirmed)).status ==
          412);
    CHECK(town.remove(town.maker, token, printed, stale).status == 412);
    // Whoever may not hears that, whatever he guesses.
    CHECK(town.remove(town.anna, token, printed, stale).status == 403);
    CHECK(town.remove(town.anna, token, printed, fresh).status == 403);
    CHECK(street.change(town.maker, "POST", town.path_of(token) + "/disclaim", stale).status == 412);
    CHECK(street.state_of(token) == "claimed_new");
    CHECK(street.change(town.maker, "POST", town.path_of(token) + "/disclaim", fresh).status == 200);
    // Even where nothing is left to do (E20).
    CHECK(street.change(town.maker, "POST", town.path_of(token) + "/disclaim", fresh).status == 412);
    CHECK(street.change(town.maker, "POST", town.path_of(token) + "/disclaim", {{"If-Match", "*"}}).status == 200);
}

TEST_CASE("a claim tells nothing about the epoch", "[http][CLAIM-13]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const token = town.mint();
    std::string const code = town.code_of(token);
    std::uint64_t const ben = street.desk.user(town.maker, town.customer_home, "ben", "user");
    CHECK(ben != 0);
    std::string const ben_session = street.desk.session_of("ben");
    REQUIRE(town.claim(town.anna, code).status == 200);
    std::string const body = boost::json::serialize(boost::json::object{{"code", code}});
    for (auto const* guess : {"\"0\"", "\"1\""}) {
        HttpAnswer const answer = street.change(ben_session, "POST", "/claims", {{"If-Match", guess}}, body);
        CHECK(answer.status == 404);
        CHECK(ApiDesk::code_of(answer) == "cannot_be_claimed");
    }
}

TEST_CASE("the maker's history shows states and no customer's person", "[http][E21][AUDIT-03]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const ben = street.desk.user(town.maker, town.customer_home, "ben", "user");
    std::uint64_t const token = town.mint();
    REQUIRE(town.claim(town.anna, town.code_of(token)).status == 200);
    std::string const device = "/devices/" + std::to_string(token);
    auto const moved = street.desk.must(town.anna, "POST", device + "/transfer", {{"user", ben}});
    CHECK(moved.at("owner").to_number<std::uint64_t>() == ben);
    CHECK(moved.at("epoch").to_number<int>() == 2);
    auto const history = street.desk.must(town.maker, "GET", town.path_of(token) + "/history");
    std::string events;
    for (auto const& entry : history.at("content").as_array()) {
        auto const& one = entry.as_object();
        events += std::string(one.at("event").as_string()) + " ";
        bool const is_own = one.at("organization").to_number<std::uint64_t>() == town.maker_home;
        CHECK(one.contains("actor") == is_own);
    }
    CHECK(events == "E2 E12 E21 ");
    // The former owner sees it no more; the maker's staff, who sees the token, sees neither it nor whose it is.
    CHECK(street.change(town.anna, "GET", device).status == 404);
    street.desk.user(town.maker, town.maker_home, "staff", "staff");
    std::string const staff = street.desk.session_of("staff");
    CHECK(street.change(staff, "GET", device).status == 404);
    CHECK(street.desk.must(staff, "GET", town.path_of(token)).at("owner").is_null());
}

TEST_CASE("an owner sees his device's history, from his claim on or from what came along", "[http][E21][AUDIT-03]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const ben = street.desk.user(town.maker, town.customer_home, "ben", "user");
    std::string const ben_session = street.desk.session_of("ben");
    std::uint64_t const token = town.mint();
    std::string const code = town.code_of(token);
    std::string const device = "/devices/" + std::to_string(token);
    auto const events = [&](std::string const& session) {
        std::string all;
        auto const history = street.desk.must(session, "GET", device + "/history");
        for (auto const& entry : history.at("content").as_array()) {
            all += std::string(entry.as_object().at("event").as_string()) + " ";
        }
        return all;
    };
    REQUIRE(town.claim(town.anna, code).status == 200);
    CHECK(events(town.anna) == "E12 ");
    REQUIRE(street.change(town.anna, "DELETE", device).status == 204);
    CHECK(street.change(town.anna, "GET", device + "/history").status == 404);
    REQUIRE(town.claim(ben_session, code).status == 200);
    CHECK(events(ben_session) == "E12 ");
    street.desk.must(ben_session, "POST", device + "/transfer", {{"user", town.anna_id}});
    CHECK(events(town.anna) == "E12 E21 ");
    CHECK(ben != town.anna_id);
}

TEST_CASE("whoever looks at a code or a token leaves a trace first", "[http][E2][SEC-04]") {
    Street street;
    Town& town = street.town;
    std::uint64_t const token = town.mint();
    CHECK(street.change(town.maker, "GET", town.path_of(token) + "/qr.png").status == 200);
    static_cast<void>(town.auth_of(token));
    auto const history = street.desk.must(town.maker, "GET", town.path_of(token) + "/history");
    auto const& entries = history.at("content").as_array();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].at("verb").as_string() == "see_qr");
    CHECK(entries[1].at("verb").as_string() == "see_auth_token");
}
