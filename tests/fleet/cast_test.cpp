#include "sim/fleet/cast.h"

#include "tests/fleet/field.h"

#include <map>
#include <set>
#include <stdexcept>

namespace {

using namespace drydock;
using namespace drydock::load;
using drydock::test::plan_of;

LoadPlan mixed_plan() {
    LoadPlan plan = plan_of({1000, "100/s", "10s", "1m", {}});
    plan.populations[0].count = 700;
    plan.populations[0].families = {{Family::modern, 60}, {Family::cpp, 30}, {Family::js, 10}};
    plan.populations[0].preclaimed_millionths = 700'000;
    Population copied = plan.populations[0];
    copied.name = "copied";
    copied.count = 200;
    copied.tempers = {{Temper::cloned, 1}, {Temper::steady, 1}};
    Population dead = plan.populations[0];
    dead.name = "dead";
    dead.count = 100;
    dead.fate = TokenFate::deleted;
    plan.populations.push_back(copied);
    plan.populations.push_back(dead);
    return plan;
}

}  // namespace

TEST_CASE("a mix puts every number in a place of its own and finds it again", "[fleet]") {
    for (std::uint64_t const count : {1U, 2U, 3U, 5U, 16U, 17U, 1000U}) {
        Mix const mix(count, 7);
        std::set<std::uint64_t> places;
        for (std::uint64_t i = 0; i < count; ++i) {
            std::uint64_t const place = mix.place_of(i);
            CHECK(place < count);
            CHECK(mix.number_at(place) == i);
            places.insert(place);
        }
        CHECK(places.size() == count);
    }
    CHECK(Mix(1000, 7).place_of(5) != Mix(1000, 8).place_of(5));
}

TEST_CASE("who is who adds up to the plan exactly", "[fleet]") {
    LoadPlan const plan = mixed_plan();
    Cast const cast(plan);
    std::map<std::size_t, int> population;
    std::map<Family, int> family;
    int preclaimed = 0;
    for (std::uint64_t i = 0; i < cast.devices(); ++i) {
        Role const role = cast.role_of(i);
        ++population[role.population];
        if (role.population != 0) { continue; }
        ++family[role.family];
        preclaimed += role.is_preclaimed ? 1 : 0;
    }
    CHECK(population == std::map<std::size_t, int>{{0, 700}, {1, 200}, {2, 100}});
    CHECK(family == std::map<Family, int>{{Family::modern, 420}, {Family::cpp, 210}, {Family::js, 70}});
    CHECK(preclaimed == 490);
}

TEST_CASE("every clone has the token of one other device of its population, which knows of it", "[fleet][AUTH-10]") {
    Cast const cast(mixed_plan());
    std::set<std::uint64_t> copied;
    int clones = 0;
    for (std::uint64_t i = 0; i < cast.devices(); ++i) {
        Role const role = cast.role_of(i);
        if (role.temper != Temper::cloned) { continue; }
        ++clones;
        REQUIRE(role.token_of);
        Role const original = cast.role_of(*role.token_of);
        CHECK(original.population == role.population);
        CHECK(original.temper == Temper::steady);
        CHECK(original.is_copied);
        copied.insert(*role.token_of);
    }
    CHECK(clones == 100);
    CHECK(copied.size() == 100);
}

TEST_CASE("where all are clones they share tokens in pairs", "[fleet][AUTH-10]") {
    LoadPlan plan = plan_of({5, "5/s", "1s", "1m", {}});
    plan.populations[0].tempers = {{Temper::cloned, 1}};
    Cast const cast(plan);
    int followers = 0;
    int copied = 0;
    for (std::uint64_t i = 0; i < 5; ++i) {
        Role const role = cast.role_of(i);
        followers += role.token_of ? 1 : 0;
        copied += role.is_copied ? 1 : 0;
        if (role.token_of) { CHECK(cast.role_of(*role.token_of).is_copied); }
    }
    CHECK(followers == 2);
    CHECK(copied == 2);
}

TEST_CASE("another seed casts other roles", "[fleet]") {
    LoadPlan plan = mixed_plan();
    Cast const one(plan);
    plan.seed = 2;
    Cast const other(plan);
    int different = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        different += one.role_of(i).population != other.role_of(i).population ? 1 : 0;
    }
    CHECK(different > 100);
}

TEST_CASE("a population over a link that is not there is refused", "[fleet]") {
    LoadPlan plan = mixed_plan();
    plan.populations[1].link = "pigeon";
    CHECK_THROWS_AS(Cast(plan), std::invalid_argument);
}
