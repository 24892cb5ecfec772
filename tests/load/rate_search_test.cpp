#include "rig/benchmark/rate_search.h"

#include <catch2/catch.hpp>

using namespace drydock::rig;

namespace {

using Outcome = RateSearch::Outcome;

constexpr double k_least = 0.01;

Outcome opposite(Outcome outcome) { return outcome == Outcome::met ? Outcome::missed : Outcome::met; }

}  // namespace

TEST_CASE("the search ends with a narrow bracket around what can be done", "[benchmark]") {
    double const can = GENERATE(0.02, 0.73, 0.8, 1.9);
    RateSearch search(0.8, k_least);
    while (auto const rate = search.next()) { search.tell(*rate <= can ? Outcome::met : Outcome::missed); }
    CHECK(search.low() <= can);
    CHECK(search.high() > can);
    CHECK(search.high() <= search.low() * 1.031);
}

TEST_CASE("one bad moment at each rate does not mislead the search", "[benchmark]") {
    constexpr double k_can = 0.73;
    RateSearch search(0.8, k_least);
    double before = 0;
    while (auto const rate = search.next()) {
        Outcome const right = *rate <= k_can ? Outcome::met : Outcome::missed;
        bool const is_first_try = *rate != before;
        before = *rate;
        search.tell(is_first_try ? opposite(right) : right);
    }
    CHECK(search.low() <= k_can);
    CHECK(search.high() > k_can);
}

TEST_CASE("a bad or a good minute at the first rates is found out at the end", "[benchmark]") {
    constexpr double k_can = 0.73;
    bool const is_bad = GENERATE(true, false);
    RateSearch search(is_bad ? 0.7 : 0.8, k_least);
    constexpr unsigned k_wrong = 4;
    unsigned tries = 0;
    while (auto const rate = search.next()) {
        Outcome const right = *rate <= k_can ? Outcome::met : Outcome::missed;
        search.tell(tries++ < k_wrong ? (is_bad ? Outcome::missed : Outcome::met) : right);
    }
    CHECK(search.low() <= k_can);
    CHECK(search.high() > k_can);
    CHECK(search.high() <= search.low() * 1.031);
}

TEST_CASE("where nothing will do the search ends and says so", "[benchmark]") {
    RateSearch search(0.8, k_least);
    while (search.next()) { search.tell(Outcome::missed); }
    CHECK(search.low() == 0);
    CHECK(search.high() == k_least);
}
