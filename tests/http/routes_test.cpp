#include "server/http/api.h"

#include <catch2/catch.hpp>

#include <set>

using namespace drydock;

TEST_CASE("every route has a verb of the policy, or is openly without one", "[http][API-01]") {
    std::set<std::string_view> const open{"/sessions", "/sessions/current", "/health", "/openapi.json"};
    std::set<std::string> seen;
    for (Route const& route : routes()) {
        INFO(route.method << " " << route.path);
        CHECK(route.handler != nullptr);
        CHECK(route.verb.has_value() != open.contains(route.path));
        CHECK((route.needs_session || open.contains(route.path)));
        CHECK(seen.insert(std::string(route.method) + " " + std::string(route.path)).second);
    }
}

TEST_CASE("every verb of the policy is reached by a route", "[http]") {
    std::set<Verb> reached{Verb::clear_device};  // through DELETE /devices/{device} on an unclaimed unit
    for (Route const& route : routes()) {
        if (route.verb) { reached.insert(*route.verb); }
    }
    for (Verb verb : all_verbs()) {
        INFO(to_text(verb));
        CHECK(reached.contains(verb));
    }
}
