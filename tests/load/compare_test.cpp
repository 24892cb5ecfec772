#include "rig/benchmark/compare.h"

#include "rig/benchmark/auth_report.h"

#include <catch2/catch.hpp>

namespace {

using namespace drydock;
using namespace drydock::rig;

Kept kept(Measure measure, bool is_share, std::vector<double> values, std::string machine = "here") {
    return {std::move(machine), "g++ 12", "abc", {{"login", "drydockd", 10, measure, is_share, std::move(values)}}};
}

Comparison between(Kept const& before, Kept const& after) {
    return compare(before, after, k_compare_margin, Random(Seed{1}));
}

Finding found(Measure measure, std::vector<double> before, std::vector<double> after) {
    auto const comparison = between(kept(measure, false, std::move(before)), kept(measure, false, std::move(after)));
    REQUIRE(comparison.rows.size() == 1);
    return comparison.rows.front().finding;
}

std::vector<double> const k_steady{100, 101, 99, 100, 102};
std::vector<double> const k_tenth_more{110, 111, 109, 110, 112};
std::vector<double> const k_anywhere{60, 150, 100, 140, 70};

TEST_CASE("a figure is worse or better when nearly all resamplings moved by more than the margin", "[benchmark]") {
    CHECK(found(Measure::rate, k_steady, k_tenth_more) == Finding::better);
    CHECK(found(Measure::rate, k_tenth_more, k_steady) == Finding::worse);
    CHECK(found(Measure::p99, k_steady, k_tenth_more) == Finding::worse);
    CHECK(found(Measure::server_bytes, k_tenth_more, k_steady) == Finding::better);
}

TEST_CASE("a figure is the same only when nearly all resamplings stay within the margin", "[benchmark]") {
    CHECK(found(Measure::rate, k_steady, k_steady) == Finding::same);
    CHECK(found(Measure::rate, k_steady, k_anywhere) == Finding::unclear);
    CHECK(found(Measure::rate, k_steady, {103, 108, 103, 108, 105}) == Finding::unclear);  // about the margin
    CHECK_FALSE(between(kept(Measure::rate, false, k_steady), kept(Measure::rate, false, k_anywhere)).is_worse());
}

TEST_CASE("shares of the limit are compared between machines, figures in a unit are not", "[benchmark]") {
    std::vector<double> const shares{0.98, 0.99, 0.97};
    CHECK(between(kept(Measure::rate, true, shares), kept(Measure::rate, true, shares, "there")).is_possible());
    auto const comparison =
        between(kept(Measure::rate, false, k_steady), kept(Measure::rate, false, k_steady, "there"));
    CHECK_FALSE(comparison.is_possible());
    CHECK(why_left_out(comparison) == "no share of a limit, and another machine or compiler: 1 figure");
}

TEST_CASE("times that are shorter than can be told are not compared", "[benchmark]") {
    std::vector<double> const floor(5, 1e-6);
    auto const comparison = between(kept(Measure::p99, false, floor), kept(Measure::p99, false, {3e-3, 3e-3, 3e-3}));
    CHECK_FALSE(comparison.is_possible());
    CHECK(why_left_out(comparison) == "too small to be measured: 1 figure");
    CHECK(between(kept(Measure::rate, true, floor), kept(Measure::rate, true, floor)).is_possible());
}

TEST_CASE("the table of a comparison has a heading, units, and ends with how many figures are what", "[benchmark]") {
    std::string const table =
        compare_table(between(kept(Measure::rate, false, k_tenth_more), kept(Measure::rate, false, k_steady)));
    CHECK_THAT(table, Catch::Contains("before         after   after / before\n") &&
                          Catch::Contains("WORSE   login drydockd with 10 tokens: rate") &&
                          Catch::Contains("110 /s        100 /s"));
    CHECK_THAT(table, Catch::EndsWith("\n1 worse, 0 better, 0 the same\n"));
    std::string const unclear =
        compare_table(between(kept(Measure::rate, false, k_steady), kept(Measure::rate, false, k_anywhere)));
    CHECK_THAT(unclear, Catch::Contains("0 the same, 1 unclear: nobody can say from these runs"));
    std::vector<double> const few_seconds{8.3e-3, 8.3e-3, 8.3e-3};
    std::string const times =
        compare_table(between(kept(Measure::p99, false, few_seconds), kept(Measure::p99, false, few_seconds)));
    CHECK_THAT(times, Catch::Contains("8.3 ms"));
}

TEST_CASE("a result that says something twice or nonsense is refused with the place", "[benchmark]") {
    std::string const good =
        R"({"case":"login","server":"limit","tokens":1,"measure":"rate","of_limit":false,"values":[1]})";
    auto const refused = [](std::string const& samples) -> std::string {
        try {
            static_cast<void>(kept_from_json(
                R"({"format":"drydock-benchmark-1","machine":"m","compiler":"c","commit":"a","samples":)" + samples +
                "}"));
        } catch (std::invalid_argument const& e) { return e.what(); }
        return "";
    };
    auto const with = [&](std::string const& from, std::string const& to) {
        return "[" + std::string(good).replace(good.find(from), from.size(), to) + "]";
    };
    CHECK(refused("[" + good + "]").empty());
    CHECK_THROWS_WITH(kept_from_json(""), "it is empty");
    CHECK(refused("[" + good + "," + good + "]") == "samples[1]: the same figure as samples[0]");
    CHECK(refused(with("[1]", "[1,-2]")) == "samples[0].values: a run is -2, no figure");
    CHECK(refused(with("[1]", "[1,1e300]")) == "samples[0].values: a run is 1E300, no figure");
    CHECK(refused(with("[1]", R"(["x"])")) == "samples[0].values: a run is \"x\", no figure");
    CHECK(refused(with(R"("rate")", R"("moons")")) == "samples[0].measure: this drydock does not know 'moons'");
    std::string const kind = "a field is missing or of the wrong kind (";
    CHECK(refused(with(R"("tokens":1)", R"("tokens":"one")")).starts_with("samples[0]: " + kind));
    CHECK(refused("[7]").starts_with("samples[0]: " + kind));
    CHECK(refused("7").starts_with(kind));
}

TEST_CASE("the table of a comparison begins with what is worse", "[benchmark]") {
    Kept before = kept(Measure::rate, false, k_steady);
    Kept after = kept(Measure::rate, false, k_steady);
    before.sampled.push_back({"storm", "drydockd", 10, Measure::rate, false, k_tenth_more});
    after.sampled.push_back({"storm", "drydockd", 10, Measure::rate, false, k_steady});
    std::string const table = compare_table(between(before, after));
    CHECK(table.find("WORSE   storm") < table.find("same    login"));
}

}  // namespace
