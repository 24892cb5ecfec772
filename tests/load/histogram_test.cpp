#include "sim/fleet/histogram.h"

#include "server/base/random.h"
#include "sim/fleet/load_error.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace std::chrono_literals;

// Spread over every power of two of the range, so that no slot width goes untested.
std::vector<Duration> drawn(std::uint64_t seed, std::size_t count) {
    Random random(Seed{seed});
    std::vector<Duration> values;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t const power = std::uint64_t{1} << (10 + random.below(31));
        values.emplace_back(static_cast<Duration::rep>(power + random.below(power)));
    }
    return values;
}

Histogram histogram_of(std::vector<Duration> const& values) {
    Histogram histogram;
    for (Duration value : values) { histogram.record(value); }
    return histogram;
}

bool is_within_a_thousandth(Duration found, Duration wanted) {
    auto const apart = std::abs(static_cast<double>((found - wanted).count()));
    return apart <= 0.001 * static_cast<double>(wanted.count());
}

}  // namespace

TEST_CASE("percentiles are within a thousandth of the sorted samples", "[load]") {
    auto values = drawn(1, 20'000);
    Histogram const histogram = histogram_of(values);
    std::sort(values.begin(), values.end());

    for (int tenth = 1; tenth <= 1000; ++tenth) {
        std::size_t const rank = (values.size() * static_cast<std::size_t>(tenth) + 999) / 1000;
        CAPTURE(tenth);
        CHECK(is_within_a_thousandth(histogram.percentile(tenth / 10.0), values[rank - 1]));
    }
    CHECK(histogram.min() == values.front());
    CHECK(histogram.max() == values.back());
    CHECK(histogram.percentile(0) == values.front());
    CHECK(histogram.percentile(100) == values.back());
    CHECK(histogram.count() == values.size());
}

TEST_CASE("each value of the range comes back within a thousandth", "[load]") {
    auto value = static_cast<double>(Histogram::k_least.count());
    while (value < static_cast<double>(Histogram::k_greatest.count())) {
        Duration const exact(static_cast<Duration::rep>(value));
        Histogram histogram;
        histogram.record(Histogram::k_least);
        histogram.record(exact);
        histogram.record(Histogram::k_greatest);
        if (!is_within_a_thousandth(histogram.percentile(50), exact)) { FAIL(exact.count()); }
        value *= 1.0437;
    }
    SUCCEED();
}

TEST_CASE("the mean is within a thousandth of the samples' mean", "[load]") {
    auto const values = drawn(2, 5'000);
    double sum = 0;
    for (Duration value : values) { sum += static_cast<double>(value.count()); }

    Duration const exact(static_cast<Duration::rep>(sum / static_cast<double>(values.size())));

    CHECK(is_within_a_thousandth(histogram_of(values).mean(), exact));
}

TEST_CASE("merging two histograms equals recording both", "[load]") {
    auto const some = drawn(3, 3'000);
    auto const more = drawn(4, 500);
    auto all = some;
    all.insert(all.end(), more.begin(), more.end());

    Histogram merged = histogram_of(some);
    merged.merge(histogram_of(more));

    CHECK(merged == histogram_of(all));
    merged.merge(Histogram());
    CHECK(merged == histogram_of(all));
    Histogram from_nothing;
    from_nothing.merge(merged);
    CHECK(from_nothing == merged);
}

TEST_CASE("recording a count equals recording as often", "[load]") {
    Histogram at_once;
    at_once.record(5ms, 3);
    at_once.record(7ms, 0);

    CHECK(at_once == histogram_of({5ms, 5ms, 5ms}));
}

TEST_CASE("values outside the range are clamped and counted as such", "[load]") {
    Histogram const histogram = histogram_of({-1s, 0ns, 999ns, 1us, 1h, 1h + 1ns, Duration::max(), Duration::min()});

    CHECK(histogram.count() == 8);
    CHECK(histogram.clamped_below() == 4);
    CHECK(histogram.clamped_above() == 2);
    CHECK(histogram.min() == 1us);
    CHECK(histogram.max() == 1h);
    CHECK(histogram.percentile(50) == 1us);
}

TEST_CASE("an empty histogram answers zero", "[load]") {
    Histogram histogram;
    CHECK(histogram.percentile(99) == 0ns);
    CHECK(histogram.mean() == 0ns);
    CHECK(histogram.max() == 0ns);
    CHECK(histogram.count_at_most(1h) == 0);

    histogram.record(3ms);
    histogram.reset();
    CHECK(histogram == Histogram());
}

TEST_CASE("values up to a limit are counted", "[load]") {
    Histogram const histogram = histogram_of({1ms, 2ms, 30s, 59s, 61s});

    CHECK(histogram.count_at_most(500us) == 0);
    CHECK(histogram.count_at_most(1ms) == 1);
    CHECK(histogram.count_at_most(1min) == 4);
    CHECK(histogram.count_at_most(61s) == 5);
    CHECK(histogram.count_at_most(24h) == 5);
}

TEST_CASE("a histogram survives its text form", "[load]") {
    Histogram wide = histogram_of(drawn(5, 4'000));
    wide.record(0ns, 2);
    wide.record(2h, 5);
    wide.record(40ms, 1'000'000'000'000);

    for (Histogram const& one : {Histogram(), histogram_of({1us}), histogram_of({1h}), wide}) {
        auto const read = Histogram::from_text(one.to_text());
        REQUIRE(read.has_value());
        CHECK(*read == one);
        CHECK(read->to_text() == one.to_text());
    }
}

TEST_CASE("the text form does not change by accident", "[load]") {
    CHECK(Histogram().to_text() == "dh1:AAAAAABP6Ssl");
    CHECK(histogram_of({1ms, 1ms, 20ms}).to_text() == "dh1:wIQ9gNrECQAAAugnApERAXuOe0c");
}

TEST_CASE("a histogram text with any one character changed, lost or added is refused", "[load]") {
    std::string const whole = histogram_of(drawn(6, 40)).to_text();

    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string changed = whole;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        std::string lost = whole;
        lost.erase(i, 1);
        CAPTURE(i);
        CHECK(Histogram::from_text(changed).error() == load_errc::bad_histogram);
        CHECK(Histogram::from_text(lost).has_error());
        CHECK(Histogram::from_text(whole.substr(0, i)).has_error());
    }
    for (char const* extra : {"A", "AA", "AAAA", "=", "\n", " "}) {
        CHECK(Histogram::from_text(whole + extra).has_error());
    }
}
