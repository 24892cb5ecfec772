// Lists by pages, and the room of a plan.
#include "tests/support/api_desk.h"

#include <set>

using namespace drydock;
using test::ApiDesk;
using test::Town;

namespace {

// Reads a list page by page; how many items each page had.
std::vector<std::size_t> pages_of(ApiDesk& desk, std::string const& session, std::string const& path,
                                  std::set<std::uint64_t>& ids) {
    std::vector<std::size_t> sizes;
    std::string cursor = "0";
    for (;;) {
        auto const page = desk.must(session, "GET", path + "?limit=2&after=" + cursor);
        auto const& content = page.at("content").as_array();
        sizes.push_back(content.size());
        for (auto const& one : content) {
            if (auto const* id = one.as_object().if_contains("id")) { ids.insert(id->to_number<std::uint64_t>()); }
        }
        if (page.at("next").is_null()) { return sizes; }
        cursor = std::to_string(page.at("next").to_number<std::uint64_t>());
    }
}

using Sizes = std::vector<std::size_t>;

}  // namespace

TEST_CASE("every list comes in pages, each item once", "[http][API-06]") {
    ApiDesk desk;
    Town town(desk);
    for (int i = 0; i < 4; ++i) {
        std::string const name = "n" + std::to_string(i);
        static_cast<void>(desk.organization(town.maker, name, "pro"));
        desk.user(town.maker, town.maker_home, name, "staff");
        desk.must(town.maker, "POST", "/templates", {{"name", name}});
    }
    std::uint64_t last = 0;
    for (int i = 0; i < 5; ++i) {
        last = town.mint();
        REQUIRE(town.claim(town.anna, town.code_of(last)).status == 200);
    }
    std::set<std::uint64_t> ids;
    CHECK(pages_of(desk, town.maker, "/tokens", ids) == Sizes{2, 2, 1});
    CHECK(ids.size() == 5);
    ids.clear();
    CHECK(pages_of(desk, town.anna, "/devices", ids) == Sizes{2, 2, 1});
    CHECK(ids.size() == 5);
    ids.clear();
    CHECK(pages_of(desk, town.maker, "/users", ids) == Sizes{2, 2, 1});
    CHECK(ids.size() == 5);
    ids.clear();
    CHECK(pages_of(desk, town.maker, "/templates", ids) == Sizes{2, 2, 1});
    CHECK(ids.size() == 5);
    ids.clear();
    // The one acted in stands before the first page of the five below it.
    CHECK(pages_of(desk, town.maker, "/organizations", ids) == Sizes{3, 2, 1});
    CHECK(ids.size() == 6);
    CHECK(pages_of(desk, town.maker, town.path_of(last) + "/history", ids) == Sizes{2});
}

TEST_CASE("a page is bounded and its numbers are numbers", "[http][API-06]") {
    ApiDesk desk;
    Town town(desk);
    for (auto const* query : {"limit=0", "limit=1001", "limit=x", "after=-1", "after=1x", "limit=99999999999999999999",
                              "after=18446744073709551615"}) {
        INFO(query);
        CHECK(desk.ask(town.maker, "GET", std::string("/api/v1/tokens?") + query).status == 400);
    }
    CHECK(desk.ask(town.maker, "GET", "/api/v1/tokens?limit=1000").status == 200);
}

TEST_CASE("a user sees his own devices and learns of no others", "[http][ORG-04]") {
    ApiDesk desk;
    Town town(desk);
    desk.user(town.maker, town.customer_home, "ben", "user");
    std::string const ben = desk.session_of("ben");
    REQUIRE(town.claim(ben, town.code_of(town.mint())).status == 200);
    REQUIRE(town.claim(town.anna, town.code_of(town.mint())).status == 200);
    REQUIRE(town.claim(ben, town.code_of(town.mint())).status == 200);
    auto const page = desk.must(town.anna, "GET", "/devices?limit=1");
    CHECK(page.at("content").as_array().size() == 1);
    CHECK(page.at("next").is_null());
}

TEST_CASE("what a plan has no room for is refused whole", "[http][PLAN-01][GEN-05][C8]") {
    ApiDesk desk;
    std::uint64_t const home = desk.organization(desk.root, "small", "free");
    desk.user(desk.root, home, "small", "admin");
    std::string const small = desk.session_of("small");
    auto const made = desk.must(small, "POST", "/templates", {{"name", "box"}}).at("id").to_number<std::uint64_t>();
    auto const mint = [&](int count) {
        boost::json::object const body{{"template", made}, {"count", count}};
        return desk.ask(small, "POST", "/api/v1/tokens", boost::json::serialize(body));
    };
    CHECK(ApiDesk::code_of(mint(6)) == "over_limit");
    CHECK(desk.must(small, "GET", "/tokens").at("content").as_array().empty());
    CHECK(mint(5).status == 201);
    CHECK(ApiDesk::code_of(mint(1)) == "over_limit");
    // A free plan has no sub-organizations.
    HttpAnswer const below = desk.ask(small, "POST", "/api/v1/organizations", R"({"name": "below"})");
    CHECK(ApiDesk::code_of(below) == "over_limit");
}

TEST_CASE("organizations are counted over the tenant's whole tree", "[http][PLAN-01]") {
    ApiDesk desk;
    std::uint64_t const home = desk.organization(desk.root, "tenant", "pro");
    desk.user(desk.root, home, "tenant", "admin");
    std::string const tenant = desk.session_of("tenant");
    std::uint64_t const below = desk.organization(tenant, "below", "pro");
    desk.user(tenant, below, "lower", "admin");
    std::string const lower = desk.session_of("lower");
    for (int i = 1; i < 200; ++i) { static_cast<void>(desk.organization(lower, "n" + std::to_string(i), "pro")); }
    for (std::string const& session : {tenant, lower}) {
        HttpAnswer const answer = desk.ask(session, "POST", "/api/v1/organizations", R"({"name": "one too many"})");
        CHECK(ApiDesk::code_of(answer) == "over_limit");
    }
}
