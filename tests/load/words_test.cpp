#include "sim/fleet/words.h"

#include <catch2/catch.hpp>

using namespace drydock;
using namespace drydock::load;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit", "[load]") {
    CHECK(read_duration("90s") == 90s);
    CHECK(read_duration("2m") == 2min);
    CHECK(read_duration("1.5ms") == 1500us);
    CHECK(read_duration("0.25h") == 15min);
    CHECK(read_duration("7d") == 168h);
    CHECK(read_duration("-3s") == -3s);
    for (char const* wrong : {"", "s", "5", "5 s", "5sec", "1e3s", "1.s", ".5s", "1.2345678s", "9999999999s", "--1s"}) {
        CAPTURE(wrong);
        CHECK_FALSE(read_duration(wrong));
    }
}

TEST_CASE("rates are exact by the second, the minute and the hour", "[load]") {
    CHECK(read_rate("20/s") == Rate::per_second(20));
    CHECK(read_rate("100/min") == Rate::per_minute(100));
    CHECK(read_rate("100/min") == Rate::per_hour(6000));
    CHECK(read_rate("0.5/s") == Rate::per_minute(30));
    for (char const* wrong : {"20", "20/", "20/ms", "20/d", "/s", "20s", "fast/s", "20/s "}) {
        CAPTURE(wrong);
        CHECK_FALSE(read_rate(wrong));
    }
}

TEST_CASE("counts are whole and without sign", "[load]") {
    CHECK(read_count("5000") == 5000U);
    CHECK_FALSE(read_count("-1"));
    CHECK_FALSE(read_count("1.0"));
    CHECK_FALSE(read_count("1000000000"));
    CHECK_FALSE(read_count("5 "));
}

TEST_CASE("durations are printed in the unit a person would choose", "[load]") {
    CHECK(print(1us) == "1 us");
    CHECK(print(1234567ns) == "1.235 ms");
    CHECK(print(412ms) == "412 ms");
    CHECK(print(90s) == "90 s");
    CHECK(print(0ns) == "0 us");
}

TEST_CASE("the nearest known word is offered", "[load]") {
    CHECK(did_you_mean("hodl", {"warm", "hold", "drain"}) == ": did you mean 'hold'?");
    CHECK(did_you_mean("throughput", {"warm", "hold", "drain"}).empty());
}
