#include "server/store/loop_load.h"

#include <catch2/catch.hpp>

#include <chrono>

using namespace drydock;
using namespace std::chrono_literals;

TEST_CASE("a loop is busy while it has more than a fifth of a core, whatever it had before", "[store]") {
    LoopLoad load;
    TimePoint const begin{};
    CHECK_FALSE(load.is_busy(begin + 10ms, 2ms));
    CHECK(load.is_busy(begin + 20ms, 5ms));
    CHECK_FALSE(load.is_busy(begin + 10s, 5ms));
    CHECK(load.is_busy(begin + 10s + 1ms, 6ms));
    CHECK_FALSE(load.is_busy(begin + 10s + 1ms, 6ms));  // at once again
}
