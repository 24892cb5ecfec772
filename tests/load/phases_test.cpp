#include "sim/fleet/phases.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace std::chrono_literals;

PhaseSpec ramp(std::string name, std::string over, std::string from, std::string to) {
    return {std::move(name), std::move(over), ArriveSpec{std::move(from), std::move(to), {}, {}, {}}, false, {}};
}

PhaseSpec hold(std::string name, std::string over) {
    return {std::move(name), std::move(over), std::nullopt, true, {}};
}

PhaseSpec leave(std::string name, std::string over, std::string who) {
    return {std::move(name), std::move(over), std::nullopt, false, std::move(who)};
}

// 300 + 4,700 = 5,000 arrivals.
std::vector<PhaseSpec> five_thousand() {
    return {ramp("warm", "30s", "0/s", "20/s"), ramp("ramp", "94s", "50/s", "50/s"), hold("hold", "5m"),
            leave("drain", "30s", "all")};
}

Problem only_problem(checked<Phases> const& plan) {
    if (plan.has_value()) { return {"none", "none"}; }
    REQUIRE(plan.error().size() == 1);
    return plan.error().front();
}

// The plan of five_thousand() with one phase changed.
template <class Change>
Problem problem_when(std::size_t index, Change change, std::uint64_t population = 5000) {
    auto specs = five_thousand();
    change(specs.at(index));
    return only_problem(Phases::plan(specs, population));
}

}  // namespace

TEST_CASE("phases follow each other and their arrivals add up", "[load]") {
    auto const plan = Phases::plan(five_thousand(), 5000);

    REQUIRE(plan.has_value());
    CHECK(plan->arrivals() == 5000);
    CHECK(plan->leavings() == 5000);
    CHECK(plan->end() == 454s);
    CHECK(plan->all()[1].begin == 30s);
    CHECK(plan->all()[1].end == 124s);
    CHECK(plan->all()[1].first_arrival == 300);
    CHECK(plan->all()[2].first_arrival == 5000);
}

TEST_CASE("each time belongs to one phase", "[load]") {
    auto const plan = Phases::plan(five_thousand(), 5000).value();

    CHECK_FALSE(plan.index_at(-1ns));
    CHECK(plan.index_at(0s) == 0U);
    CHECK(plan.index_at(30s - 1ns) == 0U);
    CHECK(plan.index_at(30s) == 1U);
    CHECK(plan.index_at(200s) == 2U);
    CHECK(plan.index_at(454s - 1ns) == 3U);
    CHECK_FALSE(plan.index_at(454s));
}

TEST_CASE("anchors name a time or a place in a phase", "[load]") {
    auto const plan = Phases::plan(five_thousand(), 5000).value();

    CHECK(plan.when("hold+2m", "events[0].at").value() == 244s);
    CHECK(plan.when("hold", "events[0].at").value() == 124s);
    CHECK(plan.when("90s", "events[0].at").value() == 90s);
}

TEST_CASE("an anchor that is not in the plan is refused with its field", "[load]") {
    auto const plan = Phases::plan(five_thousand(), 5000).value();
    auto const sentence = [&](std::string_view anchor) {
        auto const time = plan.when(anchor, "events[3].at");
        REQUIRE(time.has_error());
        CHECK(time.error().at(0).field == "events[3].at");
        return time.error().at(0).sentence;
    };

    CHECK(sentence("hodl+2m") == "there is no phase 'hodl': did you mean 'hold'?");
    CHECK(sentence("") == "there is no phase ''");
    CHECK(sentence("hold+6m") == "'hold+6m' is after the end of 'hold', which lasts 300 s");
    CHECK(sentence("hold+soon") == "'soon' is not a time: write a number and ms, s, m, h or d");
    CHECK(sentence("hold+-1s") == "'-1s' is not a time: write a number and ms, s, m, h or d");
    CHECK(sentence("-1s") == "'-1s' is outside the run, which lasts 454 s");
    CHECK(sentence("1h") == "'1h' is outside the run, which lasts 454 s");
}

TEST_CASE("an impossible plan is refused with a sentence and the field", "[load]") {
    CHECK(problem_when(
              1, [](PhaseSpec&) {}, 4999)
              .sentence ==
          "5000 devices would have arrived by the end of 'ramp', and the population has 4999: raise its count, or "
          "lower a rate");
    CHECK(problem_when(
              1, [](PhaseSpec&) {}, 4999)
              .field == "phases[1].arrive");
    CHECK(problem_when(0, [](PhaseSpec& phase) { phase.over = "-30s"; }).field == "phases[0].for");
    CHECK(problem_when(0, [](PhaseSpec& phase) { phase.over = "0s"; }).sentence ==
          "'0s' is not above zero: time only goes forward");
    CHECK(problem_when(2, [](PhaseSpec& phase) { phase.over = ""; }).sentence ==
          "say how long it lasts, like 30s or 5m");
    CHECK(problem_when(2, [](PhaseSpec& phase) { phase.over = "8d"; }).field == "phases[2].for");
    CHECK(problem_when(2, [](PhaseSpec& phase) { phase.name = "Hold it"; }).field == "phases[2].name");
    CHECK(problem_when(2, [](PhaseSpec& phase) { phase.name = "ramp"; }).sentence ==
          "two phases are called 'ramp': give one of them another name");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.arrive->to = "50"; }).field == "phases[1].arrive.to");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.arrive->from = "-5/s"; }).sentence ==
          "'-5/s' is not between 0/s and 1000000/s");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.arrive->from = ""; }).field == "phases[1].arrive");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.arrive->burst = "5"; }).field == "phases[1].arrive");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.arrive->spacing = "random"; }).field ==
          "phases[1].arrive.spacing");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.arrive->from = phase.arrive->to = "1/h"; }).sentence ==
          "at this rate nobody arrives in 94 s: raise it, or write hold");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.is_hold = true; }).field == "phases[1].hold");
    CHECK(problem_when(2, [](PhaseSpec& phase) { phase.leave = "9/s"; }).field == "phases[2].hold");
    CHECK(problem_when(3, [](PhaseSpec& phase) { phase.leave = "some"; }).field == "phases[3].leave");
    CHECK(problem_when(3, [](PhaseSpec& phase) { phase.leave = "200/s"; }).sentence ==
          "6000 devices would leave in 'drain', and 5000 are there: lower the rate, or write all");
    CHECK(problem_when(1, [](PhaseSpec& phase) { phase.leave = "all"; }).field == "phases[1].leave");
}

TEST_CASE("a plan without phases, arrivals or devices is refused", "[load]") {
    CHECK(only_problem(Phases::plan({}, 10)).field == "phases");
    CHECK(only_problem(Phases::plan({hold("hold", "1s")}, 10)).field == "phases");
    CHECK(only_problem(Phases::plan(five_thousand(), 0)).field == "population");
    CHECK(only_problem(Phases::plan(std::vector<PhaseSpec>(101, hold("hold", "1s")), 10)).field == "phases");
}

TEST_CASE("all problems of a plan are told at once", "[load]") {
    auto specs = five_thousand();
    specs[0].over = "soon";
    specs[1].arrive->to = "fast";
    specs[3].name = "";

    auto const plan = Phases::plan(specs, 5000);

    REQUIRE(plan.has_error());
    std::vector<std::string> fields;
    for (Problem const& problem : plan.error()) { fields.push_back(problem.field); }
    CHECK(std::find(fields.begin(), fields.end(), "phases[0].for") != fields.end());
    CHECK(std::find(fields.begin(), fields.end(), "phases[1].arrive.to") != fields.end());
    CHECK(std::find(fields.begin(), fields.end(), "phases[3].name") != fields.end());
}

TEST_CASE("steps give a phase its length", "[load]") {
    PhaseSpec steps{
        "steps", "", ArriveSpec{{}, {}, {}, {}, {{"10/s", "10s"}, {"0/s", "5s"}, {"100/s", "1s"}}}, false, {}};

    auto const plan = Phases::plan({steps}, 200);
    REQUIRE(plan.has_value());
    CHECK(plan->end() == 16s);
    CHECK(plan->arrivals() == 200);

    steps.over = "15s";
    CHECK(only_problem(Phases::plan({steps}, 200)).field == "phases[0].for");
    steps.over = "";
    steps.arrive->steps[1].over = "0s";
    CHECK(only_problem(Phases::plan({steps}, 200)).field == "phases[0].arrive.steps[1].for");
    steps.arrive->steps[1].over = "7d";
    CHECK(only_problem(Phases::plan({steps}, 200)).field == "phases[0].arrive.steps");
    steps.arrive->steps[1] = {"x", "5s"};
    CHECK(only_problem(Phases::plan({steps}, 200)).field == "phases[0].arrive.steps[1].rate");
}

TEST_CASE("a plan streams its arrivals over all phases, whole or in shards", "[load]") {
    auto specs = five_thousand();
    specs[1].arrive->spacing = "poisson";
    auto const plan = Phases::plan(specs, 5000).value();
    auto const read = [&](Flow flow, Shard shard) {
        PlanStream stream(plan, flow, Seed{3}, shard);
        std::vector<Due> dues;
        while (auto const due = stream.next_due()) { dues.push_back(*due); }
        return dues;
    };

    auto const whole = read(Flow::arrive, {});
    REQUIRE(whole.size() == 5000);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i].index != i || (i > 0 && whole[i].at < whole[i - 1].at)) { FAIL(i); }
    }
    CHECK(whole[299].at < 30s);
    CHECK(whole[300].at >= 30s);
    CHECK(whole.back().at < 124s);
    auto together = read(Flow::arrive, {0, 3});
    for (std::uint64_t index : {1U, 2U}) {
        auto const part = read(Flow::arrive, {index, 3});
        together.insert(together.end(), part.begin(), part.end());
    }
    std::sort(together.begin(), together.end(), [](Due const& a, Due const& b) { return a.index < b.index; });
    CHECK(together == whole);
    CHECK(read(Flow::leave, {1, 2}).size() == 2500);
    CHECK(read(Flow::leave, {}).back() == Due{4999, 424s});
}
