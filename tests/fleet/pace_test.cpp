#include "sim/flood/pace.h"

#include <catch2/catch.hpp>

using namespace drydock;
using namespace std::chrono_literals;
using load::Pace;

namespace {

constexpr double k_hundred_a_second = 100;

// Begins one that is due, and gives its lag.
Duration begin(Pace& pace, Duration time) {
    REQUIRE(pace.is_due(time));
    Duration const lag = pace.own_lag(time);
    pace.advance();
    return lag;
}

}  // namespace

TEST_CASE("logins are due at even distances, whenever the earlier ones began", "[flood]") {
    Pace pace(k_hundred_a_second, 1s);
    CHECK_FALSE(pace.is_due(999ms));
    CHECK(begin(pace, 1s) == 0ms);
    CHECK(pace.next() == 1010ms);
    CHECK(begin(pace, 1013ms) == 3ms);
    CHECK(pace.next() == 1020ms);
}

TEST_CASE("what waits for a free connection is not late by its own fault", "[flood]") {
    Pace pace(k_hundred_a_second, 1s);
    CHECK(begin(pace, 1s) == 0ms);
    pace.starve(1010ms);
    pace.feed(1500ms);
    CHECK(begin(pace, 1502ms) == 2ms);
    CHECK(begin(pace, 1503ms) == 3ms);
}

TEST_CASE("a stall is its own fault, also for those that find no connection after it", "[flood]") {
    Pace pace(k_hundred_a_second, 1s);
    CHECK(begin(pace, 1s) == 0ms);
    // Nothing looked at the clock for 200 ms. One connection is free then, and another 100 ms later.
    CHECK(begin(pace, 1210ms) == 200ms);
    pace.starve(1210ms);
    pace.feed(1310ms);
    CHECK(begin(pace, 1310ms) == 190ms);
    pace.starve(1310ms);
    pace.feed(1400ms);
    CHECK(begin(pace, 1400ms) == 180ms);
}

TEST_CASE("once all has begun, an earlier want of connections excuses nothing", "[flood]") {
    Pace pace(k_hundred_a_second, 1s);
    pace.starve(1s);
    pace.feed(1005ms);
    CHECK(begin(pace, 1005ms) == 0ms);
    pace.catch_up();
    CHECK(begin(pace, 1050ms) == 40ms);
}
