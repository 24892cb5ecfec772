// When bytes arrive: delay, order, rates, losses, sleep, push-back.
#include "tests/link/bench.h"
#include "tests/support/printing.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace {

using namespace drydock;
using namespace drydock::test;
using namespace std::chrono_literals;

constexpr std::size_t k_buffered_max = 2UL * 64 * 1024;

std::string numbers(unsigned count) {
    std::string text;
    for (unsigned i = 0; i < count; ++i) { text += std::to_string(i) + ","; }
    return text;
}

bool is_near(Duration value, Duration wanted, std::int64_t percent) {
    return std::chrono::abs(value - wanted) * 100 <= wanted * percent;
}

}  // namespace

TEST_CASE("a profile that shapes nothing lets bytes through at once", "[link]") {
    LinkBench bench(LinkProfile{}, 1, End::Reads::echo);
    bench.connect();
    bench.device.end().write("hello");
    bench.run_for(1h);

    CHECK(bench.device.told_at().at(0) == at(0s));
    CHECK(bench.device.end().text() == "hello");
    CHECK(bench.device.end().times().at(0) == at(0s));
    CHECK(bench.device.end().stream().peer() == bench.server.address());
}

TEST_CASE("a connect waits for the attach and a round trip", "[link]") {
    LinkProfile profile = steady(100ms);
    profile.attach = {2s, 2s};
    LinkBench bench(profile);
    bench.device.dial(bench.server.address());
    bench.run_for(10s);
    CHECK(bench.device.told_at().empty());

    bench.link.attach();
    CHECK_FALSE(bench.link.is_attached());
    CHECK(bench.link.attached_at() == at(12s));
    bench.run_for(10s);
    CHECK(bench.link.is_attached());
    CHECK(bench.device.told_at() == std::vector{at(12'100ms)});

    bench.device.dial(bench.server.address());
    bench.run_for(10s);
    CHECK(bench.device.told_at().at(1) == at(20'100ms));
}

TEST_CASE("bytes take half a round trip each way", "[link]") {
    LinkBench bench(steady(100ms), 1, End::Reads::echo);
    bench.connect();
    bench.device.end().write("hello");
    bench.run_for(1s);

    CHECK(bench.server.end().times() == std::vector{at(150ms)});
    CHECK(bench.device.end().times() == std::vector{at(200ms)});
}

TEST_CASE("the round trips of pings are as the profile says", "[link]") {
    LinkProfile profile;
    profile.round_trip = {120ms, 450ms};
    LinkBench bench(profile, 9, End::Reads::echo);
    bench.connect();
    std::vector<Duration> trips;
    for (std::size_t i = 0; i < 4000; ++i) {
        TimePoint const begin = bench.world.now();
        bench.device.end().write("p");
        REQUIRE(bench.run_until([&] { return bench.device.end().text().size() == i + 1; }));
        trips.push_back(bench.world.now() - begin);
    }
    std::sort(trips.begin(), trips.end());

    CHECK(is_near(trips[2000], 120ms, 5));
    CHECK(is_near(trips[3800], 450ms, 8));
}

TEST_CASE("bytes never overtake each other", "[link]") {
    LinkProfile profile;
    profile.round_trip = {120ms, 450ms};
    profile.loss_millionths = 100'000;
    LinkBench bench(profile, 4, End::Reads::echo);
    bench.connect();
    for (unsigned i = 0; i < 500; ++i) {
        bench.device.end().write(std::to_string(i) + ",");
        bench.run_for(10ms);
    }
    bench.run_for(10min);

    CHECK(bench.server.end().text() == numbers(500));
    CHECK(bench.device.end().text() == numbers(500));
}

TEST_CASE("a lost segment comes later, and so does all behind it", "[link]") {
    LinkProfile profile = steady(100ms);
    profile.loss_millionths = 300'000;
    profile.retransmit = 1s;
    LinkBench bench(profile, 2);
    bench.connect();
    std::size_t lost = 0;
    for (std::size_t i = 0; i < 300; ++i) {
        TimePoint const begin = bench.world.now();
        bench.device.end().write("a");
        bench.run_for(10ms);
        bench.device.end().write("b");
        bench.run_for(10min);
        Duration const took = bench.server.end().times().back() - begin;
        bool const is_one_time = took == 60ms || (took - 50ms) % 1s == 0ms || (took - 60ms) % 1s == 0ms;
        REQUIRE(is_one_time);
        lost += took > 60ms ? 1U : 0U;
    }

    CHECK(lost == Approx(300 * 0.51).epsilon(0.15));
    CHECK(bench.server.end().text().size() == 600);
}

TEST_CASE("a rate bounds how fast bytes leave, each way", "[link]") {
    LinkProfile profile;
    profile.up_bytes = 1000;
    profile.down_bytes = 4000;
    LinkBench bench(profile);
    bench.connect();
    TimePoint const begin = bench.world.now();
    bench.device.end().write(std::string(3000, 'u'));
    bench.device.end().write(std::string(2000, 'u'));
    bench.server.end().write(std::string(8000, 'd'));
    bench.run_for(1min);

    CHECK(bench.server.end().times() == std::vector{begin + 3s, begin + 5s});
    CHECK(bench.device.end().times().back() == begin + 2s);
    CHECK(bench.device.end().text() == std::string(8000, 'd'));
}

TEST_CASE("a server that does not read pushes the device back, and loses nothing", "[link]") {
    LinkBench bench(steady(100ms), 1, End::Reads::nothing);
    bench.connect();
    std::string const text = numbers(50'000);
    REQUIRE(text.size() > k_buffered_max);
    bench.device.end().write_all(text);
    bench.run_for(1min);
    std::uint64_t const taken = bench.link.bytes_up();

    CHECK(taken <= k_buffered_max);
    CHECK(taken >= k_buffered_max / 2);
    bench.server.end().read_on();
    bench.run_for(1min);
    CHECK(bench.server.end().text() == text);
}

TEST_CASE("a device that does not read pushes the server back, and loses nothing", "[link]") {
    LinkBench bench(steady(100ms));
    bench.connect(End::Reads::nothing);
    std::string const text = numbers(50'000);
    bench.server.end().write_all(text);
    bench.run_for(1min);

    CHECK(bench.link.bytes_down() <= k_buffered_max / 2);
    bench.device.end().read_on();
    bench.run_for(1min);
    CHECK(bench.device.end().text() == text);
}

TEST_CASE("what was written before a close arrives, and then the end", "[link]") {
    LinkBench bench(steady(100ms));
    bench.connect();
    bench.device.end().write("last words");
    bench.device.drop();
    bench.run_for(1s);

    CHECK(bench.server.end().text() == "last words");
    CHECK(bench.server.end().ended() == boost::asio::error::eof);
    CHECK(bench.server.end().ended_at() == at(150ms));
}

TEST_CASE("a device that ends its sending still reads", "[link]") {
    LinkBench bench(steady(100ms));
    bench.connect();
    bench.device.end().write("question");
    bench.device.end().stream().shutdown_send();
    bench.run_for(1s);
    CHECK(bench.server.end().ended() == boost::asio::error::eof);

    bench.server.end().write("answer");
    bench.server.end().hang_up();
    bench.run_for(1s);
    CHECK(bench.device.end().text() == "answer");
    CHECK(bench.device.end().ended());
    CHECK(bench.device.end().ended_at() == at(1150ms));
}

TEST_CASE("bytes for a sleeping radio wait until its sleep is over", "[link]") {
    LinkProfile profile = steady(100ms);
    profile.psm_awake = 20s;
    profile.psm_sleep = 10min;
    LinkBench bench(profile);
    bench.connect();
    bench.device.end().write("x");
    TimePoint const active = bench.world.now();
    bench.run_for(19s);
    bench.server.end().write("awake");
    bench.run_for(1s);
    CHECK(bench.device.end().text() == "awake");

    bench.run_for(5min);
    bench.server.end().write(", asleep");
    bench.run_for(4min);
    CHECK(bench.device.end().text() == "awake");
    bench.run_for(5min);
    CHECK(bench.device.end().text() == "awake, asleep");
    CHECK(bench.device.end().times().back() == active + 19s + 20s + 10min + 50ms);
}

TEST_CASE("bytes for a sleeping radio come when the device sends", "[link]") {
    LinkProfile profile = steady(100ms);
    profile.psm_awake = 20s;
    profile.psm_sleep = 10min;
    LinkBench bench(profile);
    bench.connect();
    bench.run_for(1min);
    bench.server.end().write("mail");
    bench.run_for(1min);
    CHECK(bench.device.end().text().empty());

    TimePoint const sends = bench.world.now();
    bench.device.end().write("report");
    bench.run_for(1s);
    CHECK(bench.device.end().text() == "mail");
    CHECK(bench.device.end().times().back() == sends + 50ms);
}

TEST_CASE("the same seed gives the same times of arrival", "[link]") {
    auto const times_of = [](std::uint64_t seed) {
        LinkProfile profile;
        profile.round_trip = {120ms, 450ms};
        profile.attach = {1s, 6s};
        profile.up_bytes = 50'000;
        profile.loss_millionths = 20'000;
        LinkBench bench(profile, seed, End::Reads::echo);
        bench.connect();
        for (unsigned i = 0; i < 100; ++i) {
            bench.device.end().write(numbers(i));
            bench.run_for(500ms);
        }
        bench.run_for(1min);
        REQUIRE(bench.device.end().times().size() >= 50);
        return bench.device.end().times();
    };

    CHECK(times_of(5) == times_of(5));
    CHECK(times_of(5) != times_of(6));
}
