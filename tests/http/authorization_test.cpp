// Who may call what: every route as everybody, against the matrix of the life cycle.
#include "server/base/check.h"
#include "server/http/api.h"
#include "tests/support/api_desk.h"

#include <map>
#include <sstream>

using namespace drydock;
using test::ApiDesk;

namespace {

// What each of them hears, in this order: nobody signed in; the maker's administrator, staff and user;
// the customer's administrator and staff; the owner; another user there; an administrator beside; the
// platform's root, who looks from above without switching.
constexpr char const* k_people = "nobody maker staff worker boss clerk anna ben rival root";
std::map<std::string, std::string> const k_matrix{
    {"POST /sessions", "400 400 400 400 400 400 400 400 400 400"},
    {"GET /sessions/current", "401 200 200 200 200 200 200 200 200 200"},
    {"DELETE /sessions/current", "401 204 204 204 204 204 204 204 204 204"},
    {"GET /health", "200 200 200 200 200 200 200 200 200 200"},
    {"GET /metrics", "200 200 200 200 200 200 200 200 200 200"},
    {"GET /openapi.json", "200 200 200 200 200 200 200 200 200 200"},
    {"GET /organizations", "401 200 200 200 200 200 200 200 200 200"},
    {"POST /organizations", "401 201 403 403 201 403 403 403 201 201"},
    {"GET /organizations/{organization}", "401 200 200 200 404 404 404 404 404 200"},
    {"GET /users", "401 200 200 403 200 200 403 403 200 200"},
    {"POST /users", "401 201 403 403 201 403 403 403 201 201"},
    {"GET /templates", "401 200 200 200 200 200 200 200 200 200"},
    {"POST /templates", "401 201 403 403 201 403 403 403 201 201"},
    {"GET /templates/{template}", "401 200 200 200 200 200 200 200 404 200"},
    {"POST /tokens", "401 201 403 403 404 403 403 403 404 404"},
    {"POST /tokens/import", "401 400 403 403 404 403 403 403 404 404"},
    {"GET /tokens", "401 200 200 404 200 200 404 404 200 200"},
    {"GET /tokens/{token}", "401 200 200 404 404 404 404 404 404 200"},
    {"DELETE /tokens/{token}", "401 204 403 404 403 403 403 404 404 403"},
    {"GET /tokens/{token}/secret", "401 200 403 404 403 403 403 404 404 403"},
    {"GET /tokens/{token}/qr.png", "401 200 403 404 403 403 403 404 404 403"},
    {"GET /tokens/{token}/history", "401 200 200 404 404 404 404 404 404 200"},
    {"POST /tokens/{token}/disclaim", "401 200 403 404 403 403 403 404 404 403"},
    {"POST /tokens/{token}/hold", "401 400 403 404 403 403 403 404 404 403"},
    {"DELETE /tokens/{token}/hold", "401 400 403 404 403 403 403 404 404 403"},
    {"POST /tokens/{token}/qr", "401 400 403 404 403 403 403 404 404 403"},
    {"POST /claims", "401 404 404 404 404 404 200 404 404 404"},
    {"GET /devices", "401 200 200 200 200 200 200 200 200 200"},
    {"GET /devices/{device}", "401 200 404 404 200 200 200 404 404 200"},
    {"GET /devices/{device}/history", "401 200 404 404 200 200 200 404 404 200"},
    {"PATCH /devices/{device}", "401 403 404 404 200 403 200 404 404 403"},
    {"DELETE /devices/{device}", "401 403 404 404 204 403 204 404 404 403"},
    {"POST /devices/{device}/transfer", "401 403 404 404 200 403 200 404 404 403"},
};

std::vector<std::string> words_of(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) { words.push_back(word); }
    return words;
}

class Census {
public:
    Census() : town_(desk_) {
        desk_.user(town_.maker, town_.maker_home, "staff", "staff");
        desk_.user(town_.maker, town_.maker_home, "worker", "user");
        desk_.user(town_.maker, town_.customer_home, "boss", "admin");
        desk_.user(town_.maker, town_.customer_home, "clerk", "staff");
        ben_ = desk_.user(town_.maker, town_.customer_home, "ben", "user");
        desk_.user(desk_.root, desk_.organization(desk_.root, "rivals", "business"), "rival", "admin");
    }

    unsigned status_of(Route const& route, std::string const& who) {
        std::string session;
        if (who == "root") { session = desk_.sign_in("admin@localhost", desk_.bench().setup_password().reveal()); }
        if (who != "root" && who != "nobody") { session = desk_.session_of(who); }
        // A box of Anna's, fresh for every question: the answer may use it up.
        std::uint64_t const token = town_.mint();
        std::string const code = town_.code_of(token);
        REQUIRE(town_.claim(town_.anna, code).status == 200);
        std::string path = "/api/v1" + std::string(route.path);
        replace(path, "{token}", std::to_string(token));
        replace(path, "{device}", std::to_string(token));
        replace(path, "{template}", std::to_string(town_.template_id));
        replace(path, "{organization}", std::to_string(town_.maker_home));
        if (route.path == "/tokens/import") { path += "?template=" + std::to_string(town_.template_id); }
        std::string const body = body_for(route, token, code);
        return desk_.ask(session, std::string(route.method), path, body).status;
    }

private:
    static void replace(std::string& text, std::string_view what, std::string const& by) {
        auto const at = text.find(what);
        if (at != std::string::npos) { text.replace(at, what.size(), by); }
    }

    std::string body_for(Route const& route, std::uint64_t token, std::string const& code) {
        std::string const name = "made " + std::to_string(++last_);
        boost::json::object body;
        if (route.path == "/organizations" || route.path == "/templates") { body["name"] = name; }
        if (route.path == "/users") {
            body = {{"email", "new" + std::to_string(last_) + "@example.org"},
                    {"name", name},
                    {"password", test::k_password}};
        }
        if (route.path == "/tokens") { body = {{"template", town_.template_id}, {"count", 1}}; }
        if (route.path == "/claims") { body["code"] = code; }
        if (route.path == "/tokens/{token}") {
            body = {{"confirm", town_.printed_of(token)}, {"claimed_included", true}};
        }
        if (route.path == "/devices/{device}") { body["name"] = name; }
        if (route.path == "/devices/{device}/transfer") { body["user"] = ben_; }
        if (route.method == "GET" || (route.method == "DELETE" && route.path != "/tokens/{token}")) { return {}; }
        return body.empty() ? std::string() : boost::json::serialize(body);
    }

    ApiDesk desk_;
    test::Town town_;
    std::uint64_t ben_ = 0;
    int last_ = 0;
};

}  // namespace

TEST_CASE("every route answers everybody as the matrix says", "[http][SEC-04][ORG-04][UNCLAIM-01]") {
    Census census;
    std::vector<std::string> const people = words_of(k_people);
    for (Route const& route : routes()) {
        std::string const name = std::string(route.method) + " " + std::string(route.path);
        INFO(name << " has no row in the matrix of this test");
        REQUIRE(k_matrix.contains(name));
        std::vector<std::string> const row = words_of(k_matrix.at(name));
        REQUIRE(row.size() == people.size());
        for (std::size_t i = 0; i < people.size(); ++i) {
            INFO(name << " as " << people[i]);
            CHECK(std::to_string(census.status_of(route, people[i])) == row[i]);
        }
    }
    CHECK(k_matrix.size() == routes().size());
}
