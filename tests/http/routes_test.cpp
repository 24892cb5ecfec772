#include "server/http/api.h"

#include <catch2/catch.hpp>

#include <set>

using namespace drydock;

TEST_CASE("every route asks the policy, or is openly without a verb", "[http][API-01]") {
    std::set<std::string_view> const open{"/sessions", "/health", "/metrics", "/openapi.json"};
    std::set<std::string> seen;
    for (Route const& route : routes()) {
        INFO(route.method << " " << route.path);
        CHECK(route.handler != nullptr);
        bool const is_about_the_caller = route.path == "/sessions/current";
        auto const expected = open.contains(route.path) ? Rule::Kind::open
                              : is_about_the_caller     ? Rule::Kind::signed_in
                                                        : Rule::Kind::policy;
        CHECK(route.rule.kind == expected);
        CHECK((route.rule.object != nullptr) == (expected == Rule::Kind::policy));
        CHECK(seen.insert(std::string(route.method) + " " + std::string(route.path)).second);
    }
}

TEST_CASE("every verb of the policy is reached by a route", "[http]") {
    std::set<Verb> reached;
    for (Route const& route : routes()) {
        if (route.rule.kind == Rule::Kind::policy) { reached.insert(route.rule.verb); }
    }
    for (Verb verb : all_verbs()) {
        INFO(to_text(verb));
        CHECK(reached.contains(verb));
    }
}
