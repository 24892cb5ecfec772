#include "sim/link/draws.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

namespace {

using namespace drydock;
using namespace std::chrono_literals;

constexpr std::size_t k_samples = 100'000;

std::vector<Duration> drawn(Spread const& spread, std::uint64_t seed) {
    Draws draws(seed);
    std::vector<Duration> all(k_samples);
    for (Duration& one : all) { one = draw(spread, draws); }
    return all;
}

bool is_near(Duration value, Duration wanted, std::int64_t percent) {
    return std::chrono::abs(value - wanted) * 100 <= wanted * percent;
}

}  // namespace

TEST_CASE("half of all draws lie below the p50 and one in twenty above the p95", "[link]") {
    auto const spread =
        GENERATE(Spread{20ms, 60ms}, Spread{120ms, 450ms}, Spread{1600ms, 5s}, Spread{5s, 30s}, Spread{1h, 1h + 1min});
    auto all = drawn(spread, 7);
    std::sort(all.begin(), all.end());

    CHECK(is_near(all[k_samples / 2], spread.p50, 3));
    CHECK(is_near(all[k_samples / 100 * 95], spread.p95, 3));
    CHECK(all.front() >= Duration::zero());
}

TEST_CASE("draws are skewed as a log-normal is", "[link]") {
    auto all = drawn(Spread{100ms, 400ms}, 3);
    std::sort(all.begin(), all.end());

    // As far below the median as above it, by factors.
    CHECK(is_near(all[k_samples / 100 * 5], 25ms, 4));
    CHECK(is_near(all[k_samples / 100 * 99], 710ms, 5));
}

TEST_CASE("a spread without spread is its p50", "[link]") {
    Draws draws(1);
    CHECK(draw({80ms, 80ms}, draws) == 80ms);
    CHECK(draw({80ms, 0ms}, draws) == 80ms);
    CHECK(draw({}, draws) == 0ms);
    CHECK(draw({80ms, 10ms}, draws) == 80ms);
}

TEST_CASE("the same seed draws the same times, on every machine", "[link]") {
    Spread const spread{120ms, 450ms};
    CHECK(drawn(spread, 5) == drawn(spread, 5));
    CHECK(drawn(spread, 5) != drawn(spread, 6));
    Draws draws(2026);
    CHECK(draw(spread, draws).count() == 240'280'782);
    CHECK(draw(spread, draws).count() == 166'822'357);
}

TEST_CASE("a lost segment comes after the retransmission time, twice lost after three of them", "[link]") {
    LinkProfile profile;
    profile.loss_millionths = 200'000;
    profile.retransmit = 1s;
    Draws draws(11);
    std::vector<std::uint64_t> counts(8);
    for (std::size_t i = 0; i < k_samples; ++i) {
        Duration const late = draw_loss(profile, 100, draws);
        std::size_t losses = 0;
        while (profile.retransmit * ((1U << losses) - 1U) < late) { ++losses; }
        REQUIRE(late == profile.retransmit * ((1U << losses) - 1U));
        ++counts[losses];
    }
    CHECK(counts[0] == Approx(k_samples * 0.8).epsilon(0.02));
    CHECK(counts[1] == Approx(k_samples * 0.16).epsilon(0.05));
    CHECK(counts[2] == Approx(k_samples * 0.032).epsilon(0.1));
}

TEST_CASE("a large burst is late when any of its segments is lost", "[link]") {
    LinkProfile profile;
    profile.loss_millionths = 10'000;
    Draws draws(12);
    std::size_t late = 0;
    for (std::size_t i = 0; i < k_samples; ++i) { late += draw_loss(profile, 14'000, draws) > 0ms ? 1U : 0U; }
    CHECK(late == Approx(k_samples * (1 - 0.904382)).epsilon(0.03));
}

TEST_CASE("samples of a profile are told one by one", "[link]") {
    LinkProfile profile;
    profile.round_trip = {20ms, 20ms};
    profile.attach = {2s, 4s};
    std::vector<Duration> trips;
    std::vector<Duration> attaches;
    auto const keep_in = [](std::vector<Duration>& all) { return [&all](Duration one) { all.push_back(one); }; };
    draw_samples(profile, 4, 1000, keep_in(trips), keep_in(attaches));
    std::sort(attaches.begin(), attaches.end());

    CHECK(trips == std::vector<Duration>(1000, 20ms));
    CHECK(is_near(attaches.at(500), 2s, 5));
    CHECK(is_near(attaches.at(950), 4s, 8));
}
