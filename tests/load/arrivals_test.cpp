#include "sim/fleet/arrivals.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace std::chrono_literals;

std::vector<Due> all_of(Arrivals const& arrivals, Shard shard = {}, Seed seed = Seed{7}, std::uint64_t first = 0) {
    ArrivalStream stream(arrivals, seed, shard, first);
    std::vector<Due> dues;
    while (auto const due = stream.next_due()) { dues.push_back(*due); }
    return dues;
}

bool are_in_order(std::vector<Due> const& dues, Duration over) {
    auto const is_before = [](Due const& a, Due const& b) { return a.at < b.at; };
    return std::is_sorted(dues.begin(), dues.end(), is_before) &&
           std::all_of(dues.begin(), dues.end(), [&](Due const& due) { return due.at >= 0s && due.at < over; });
}

// One of each kind, with awkward rates and times.
std::vector<Arrivals> every_kind() {
    return {
        Arrivals::constant(Rate::per_second(50), 94s),
        Arrivals::constant(Rate::per_minute(7), 10min + 1ns, Spacing::poisson),
        Arrivals::ramp({Rate::per_second(0), Rate::per_second(20), 30s}),
        Arrivals::ramp({Rate::per_second(33), Rate::per_minute(1), 61s}),
        Arrivals::ramp({Rate::per_second(90), Rate::per_second(0), 20s}, Spacing::poisson),
        Arrivals::steps({{Rate{}, Rate{}, 5s},
                         {Rate::per_second(10), Rate::per_second(10), 10s},
                         {Rate::per_minute(90), Rate::per_minute(90), 3s},
                         {Rate::per_second(1), Rate::per_second(300), 7s}}),
        Arrivals::burst(500, 1s),
        Arrivals::hold(5min),
    };
}

}  // namespace

TEST_CASE("the expected counts are exact", "[load]") {
    CHECK(Arrivals::ramp({Rate::per_second(0), Rate::per_second(20), 30s}).count() == 300);
    CHECK(Arrivals::constant(Rate::per_second(50), 94s).count() == 4700);
    CHECK(Arrivals::constant(Rate::per_second(50), 94s, Spacing::poisson).count() == 4700);
    CHECK(Arrivals::constant(Rate::per_minute(100), 3min).count() == 300);
    CHECK(Arrivals::constant(Rate::per_second(1), 10s - 1ns).count() == 9);
    CHECK(Arrivals::constant(Rate::per_second(1), 10s).count() == 10);
    CHECK(Arrivals::ramp({Rate::per_second(1'000'000), Rate{}, 168h}).count() == 302'400'000'000);
    CHECK(Arrivals::burst(19'000, 1s).count() == 19'000);
    CHECK(Arrivals::hold(5min).count() == 0);
}

TEST_CASE("fractions of an arrival add up over steps", "[load]") {
    Segment const half{Rate::per_minute(30), Rate::per_minute(30), 1s};

    CHECK(Arrivals::steps({half}).count() == 0);
    CHECK(Arrivals::steps({half, half}).count() == 1);
    CHECK(Arrivals::steps({half, half, half, half}).count() == 2);
}

TEST_CASE("a constant rate is due at equal distances from the beginning", "[load]") {
    auto const dues = all_of(Arrivals::constant(Rate::per_second(50), 2s));

    REQUIRE(dues.size() == 100);
    for (std::uint64_t i = 0; i < dues.size(); ++i) { CHECK(dues[i] == Due{i, i * 20ms}); }
}

TEST_CASE("a ramp is due when the integral of its rate says so", "[load]") {
    auto const dues = all_of(Arrivals::ramp({Rate::per_second(0), Rate::per_second(20), 30s}));

    REQUIRE(dues.size() == 300);
    CHECK(dues[0].at == 0s);
    CHECK(dues[3].at == 3s);
    CHECK(dues[75].at == 15s);
    CHECK(dues[12].at == 6s);
    CHECK(dues[1].at == 1'732'050'808ns);
}

TEST_CASE("nobody arrives while the rate is zero", "[load]") {
    Segment const nobody{Rate{}, Rate{}, 5s};
    Segment const one_a_second{Rate::per_second(1), Rate::per_second(1), 2s};

    auto const dues = all_of(Arrivals::steps({nobody, one_a_second, nobody, one_a_second, nobody}));

    CHECK(dues == std::vector<Due>{{0, 5s}, {1, 6s}, {2, 12s}, {3, 13s}});
}

TEST_CASE("a burst is due at once", "[load]") {
    CHECK(all_of(Arrivals::burst(3, 1s)) == std::vector<Due>{{0, 0s}, {1, 0s}, {2, 0s}});
}

TEST_CASE("each kind of plan is in order, whole and within its time", "[load]") {
    for (Arrivals const& arrivals : every_kind()) {
        auto const dues = all_of(arrivals);
        CHECK(dues.size() == arrivals.count());
        CHECK(are_in_order(dues, arrivals.over()));
    }
}

TEST_CASE("the shards of a plan together are the plan", "[load]") {
    for (Arrivals const& arrivals : every_kind()) {
        for (std::uint64_t of : {1U, 2U, 3U, 7U}) {
            std::vector<Due> together;
            for (std::uint64_t index = 0; index < of; ++index) {
                auto const part = all_of(arrivals, Shard{index, of}, Seed{7}, 1001);
                for (Due const& due : part) { CHECK(due.index % of == index); }
                together.insert(together.end(), part.begin(), part.end());
            }
            std::sort(together.begin(), together.end(), [](Due const& a, Due const& b) { return a.index < b.index; });
            CHECK(together == all_of(arrivals, Shard{}, Seed{7}, 1001));
        }
    }
}

TEST_CASE("Poisson arrivals follow from the seed and are irregular as a Poisson process is", "[load]") {
    Arrivals const arrivals = Arrivals::constant(Rate::per_second(100), 100s, Spacing::poisson);
    auto const dues = all_of(arrivals);
    CHECK(dues == all_of(arrivals));
    CHECK(dues != all_of(arrivals, Shard{}, Seed{8}));

    // Exponential gaps: about 1/e of them are longer than the mean, and their deviation is their mean.
    std::size_t longer = 0;
    double square_sum = 0;
    for (std::size_t i = 1; i < dues.size(); ++i) {
        double const gap = static_cast<double>((dues[i].at - dues[i - 1].at).count()) / 1e7;
        longer += gap > 1 ? 1 : 0;
        square_sum += gap * gap;
    }
    auto const gaps = static_cast<double>(dues.size() - 1);

    CHECK(static_cast<double>(longer) / gaps == Approx(0.3679).margin(0.02));
    CHECK(square_sum / gaps == Approx(2.0).margin(0.15));
}
