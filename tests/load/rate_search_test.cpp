#include "rig/benchmark/rate_search.h"

#include "server/base/random.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>

using namespace drydock;
using namespace drydock::rig;

namespace {

using Outcome = RateSearch::Outcome;

constexpr double k_least = 0.01;

// A machine that meets the condition at half its tries at `can`, the surer the further away from it: by `doubt` away,
// three in four.
class Machine {
public:
    Machine(double can, double doubt, std::uint64_t seed) : can_(can), doubt_(doubt), draws_(Seed{seed}) {}

    Outcome at(double rate) {
        double const odds = std::exp(std::log(3.0) * (rate / can_ - 1) / doubt_);
        auto const in_a_million = static_cast<std::uint64_t>(1e6 / (1 + odds));
        return draws_.chance(in_a_million, 1'000'000) ? Outcome::met : Outcome::missed;
    }

private:
    double can_;
    double doubt_;
    Random draws_;
};

}  // namespace

TEST_CASE("on a quiet machine the search finds what can be done", "[benchmark]") {
    double const can = GENERATE(0.02, 0.73, 0.8, 1.9);
    RateSearch search(0.8, k_least);
    while (auto const rate = search.next()) { search.tell(*rate <= can ? Outcome::met : Outcome::missed); }
    CHECK(search.rate() == Approx(can).epsilon(0.02));
    CHECK(search.low() <= can);
    CHECK(search.high() >= can);
    CHECK(search.high() <= search.low() * 1.05);
}

TEST_CASE("repeats on a noisy machine agree, and their intervals hold what can be done", "[benchmark]") {
    constexpr double k_can = 0.95;
    constexpr int k_repeats = 300;
    int within_five_percent = 0;
    int inside = 0;
    for (std::uint64_t seed = 1; seed <= k_repeats; ++seed) {
        Machine machine(k_can, 0.04, seed);
        RateSearch search(0.8, k_least);
        unsigned tries = 0;
        while (auto const rate = search.next()) {
            search.tell(machine.at(*rate));
            REQUIRE(++tries <= 80);
        }
        within_five_percent += std::abs(search.rate() / k_can - 1) < 0.05 ? 1 : 0;
        inside += search.low() <= k_can && k_can <= search.high() ? 1 : 0;
    }
    CHECK(within_five_percent >= k_repeats * 95 / 100);
    CHECK(inside >= k_repeats * 70 / 100);
}

TEST_CASE("a bad or a good minute at the first rates does not mislead the search", "[benchmark]") {
    constexpr double k_can = 0.73;
    bool const is_bad = GENERATE(true, false);
    RateSearch search(is_bad ? 0.7 : 0.8, k_least);
    constexpr unsigned k_wrong = 4;
    unsigned tries = 0;
    while (auto const rate = search.next()) {
        Outcome const right = *rate <= k_can ? Outcome::met : Outcome::missed;
        Outcome const wrong = is_bad ? Outcome::missed : Outcome::met;
        search.tell(tries++ < k_wrong ? wrong : right);
    }
    CHECK(search.rate() == Approx(k_can).epsilon(0.1));
    CHECK(search.high() >= k_can);
}

TEST_CASE("a search that is cut short tells the bracket it has", "[benchmark]") {
    RateSearch search(0.8, k_least);
    CHECK((search.rate() == 0 && search.high() == 0));
    search.tell(Outcome::met);
    search.tell(Outcome::met);
    CHECK(search.rate() == 0.8);
    CHECK(search.high() == 0);
}

TEST_CASE("where nothing will do the search ends and says so", "[benchmark]") {
    RateSearch search(0.8, k_least);
    while (search.next()) { search.tell(Outcome::missed); }
    CHECK(search.rate() == 0);
    CHECK(search.high() == k_least);
}

TEST_CASE("where everything will do the search ends without an end in sight", "[benchmark]") {
    RateSearch search(0.8, k_least);
    while (search.next()) { search.tell(Outcome::met); }
    CHECK(search.rate() > 0.8);
    CHECK(search.high() == 0);
}
