#include "sim/fleet/thresholds.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace std::chrono_literals;

KnownPlaces const k_places{{"warm", "ramp", "hold"}, {"lte-m", "wired"}};

ThresholdSpec bound(std::string metric, std::string agg, std::string le) {
    ThresholdSpec spec;
    spec.metric = std::move(metric);
    spec.agg = std::move(agg);
    spec.le = std::move(le);
    return spec;
}

ThresholdSpec at_least(std::string metric, std::string ge) {
    ThresholdSpec spec;
    spec.metric = std::move(metric);
    spec.ge = std::move(ge);
    return spec;
}

std::vector<Threshold> read(std::vector<ThresholdSpec> const& specs) {
    auto const thresholds = read_thresholds(specs, k_places);
    if (thresholds.has_error()) { FAIL(thresholds.error().front().sentence); }
    return *thresholds;
}

Problem problem_of(ThresholdSpec const& spec) {
    auto const thresholds = read_thresholds({spec}, k_places);
    if (thresholds.has_value()) { return {"none", "none"}; }
    CHECK(thresholds.error().size() == 1);
    return thresholds.error().front();
}

template <class Change>
Problem problem_when(Change change) {
    ThresholdSpec spec = bound("auth.latency", "p99", "400ms");
    change(spec);
    return problem_of(spec);
}

// A hundred logins of 1 ms to 100 ms, two refused wrongly, by a punctual generator.
Summary hundred_logins() {
    Summary summary;
    Cell& cell = summary.cell("ramp", "lte-m");
    for (int i = 1; i <= 100; ++i) {
        cell.record(Latency::auth, i * 1ms);
        cell.record(Latency::generator_late, 20us);
    }
    cell.add(Counter::auth_started, 100);
    cell.add(Counter::auth_accepted, 98);
    cell.add(Counter::auth_refused_wrongly, 2);
    return summary;
}

Outcome outcome_of(ThresholdSpec const& spec, Summary const& summary) {
    return evaluate(read({spec}).front(), summary).outcome;
}

}  // namespace

TEST_CASE("each metric of the table has its own name and a bound that can be read", "[load]") {
    std::set<std::string_view> names;
    for (Metric const& metric : all_metrics()) {
        CAPTURE(metric.name);
        CHECK(names.insert(metric.name).second);
        CHECK(find_metric(metric.name) == &metric);
        CHECK_FALSE(metric.text.empty());
        std::string_view const example = bound_example(metric.kind);
        CHECK(read_bound(metric.kind, example.substr(example.rfind(' ') + 1)));
    }
    for (char const* name : {"auth.latency", "auth.refused_wrongly", "auth.fail_ratio", "connect.latency",
                             "claim.fail_ratio", "claim.wrong_org", "reconnect.recovered", "generator.late",
                             "server.rss", "server.cpu", "messages.latency", "online.share"}) {
        CAPTURE(name);
        CHECK(names.count(name) == 1);
    }
}

TEST_CASE("what no cloud may do even once is known without a threshold", "[load]") {
    for (std::size_t i = 0; i < k_counters; ++i) {
        auto const counter = static_cast<Counter>(i);
        Summary summary;
        summary.cell("hold", "cable").add(counter);
        CAPTURE(name_of(counter));
        bool const is_wrong = counter == Counter::auth_refused_wrongly || counter == Counter::auth_accepted_wrongly ||
                              counter == Counter::claim_wrong_org || counter == Counter::cut_off_missing ||
                              counter == Counter::bad_device_kept || counter == Counter::protocol_broken;
        CHECK(has_wrong_answers(summary) == is_wrong);
    }
}

TEST_CASE("the thresholds of a scenario are read", "[load]") {
    ThresholdSpec recovered = at_least("reconnect.recovered", "99.5%");
    recovered.within = "60s";
    ThresholdSpec ratio = bound("auth.fail_ratio", "", "1%");
    ratio.abort_after = "10s";

    auto const thresholds = read({bound("auth.latency", "p99", "400ms"), bound("auth.refused_wrongly", "sum", "0"),
                                  recovered, ratio, bound("server.rss", "max", "600MiB")});

    REQUIRE(thresholds.size() == 5);
    CHECK(thresholds[0].bound == 400e6);
    CHECK(thresholds[0].aggregation == Aggregation{Aggregation::Kind::percentile, 99});
    CHECK(thresholds[1].bound == 0);
    CHECK(thresholds[2].bound == 0.995);
    CHECK(thresholds[2].within == 60s);
    CHECK(thresholds[2].comparison == Comparison::ge);
    CHECK(thresholds[2].text == "reconnect.recovered within 60s ge 99.5%");
    CHECK(thresholds[3].abort_after == 10s);
    CHECK(thresholds[4].bound == 600.0 * 1024 * 1024);
}

TEST_CASE("a threshold that cannot be meant is refused with a sentence and the field", "[load]") {
    CHECK(problem_when([](ThresholdSpec& spec) { spec.metric = "auth.latencie"; }).sentence ==
          "there is no metric 'auth.latencie': did you mean 'auth.latency'?");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.metric = "auth.latencie"; }).field == "thresholds[0].metric");
    CHECK(problem_when([](ThresholdSpec& spec) {
              spec = bound("server.rss", "max", "600MiB");
              spec.link = "lte-m";
          }).sentence == "server.rss is of no link: take it out");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.agg = ""; }).sentence ==
          "say which value of auth.latency counts: p50, p99.9 or the like, max, min or mean");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.agg = "p100"; }).field == "thresholds[0].agg");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.agg = "sum"; }).sentence ==
          "'sum' does not fit auth.latency: write p50, p99.9 or the like, max, min or mean");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.le = "400"; }).sentence ==
          "'400' does not fit auth.latency: write a time like 400ms");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.le = "400"; }).field == "thresholds[0].le");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.le = "-1ms"; }).field == "thresholds[0].le");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.le = ""; }).field == "thresholds[0]");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.ge = "1ms"; }).sentence ==
          "write one of le, ge, lt and gt, with a time like 400ms");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.within = "1s"; }).field == "thresholds[0].within");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.abort_after = "0s"; }).field == "thresholds[0].abort_after");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.severity = "may"; }).field == "thresholds[0].severity");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.phase = "rampe"; }).sentence ==
          "there is no phase 'rampe': did you mean 'ramp'?");
    CHECK(problem_when([](ThresholdSpec& spec) { spec.link = "wifi"; }).field == "thresholds[0].link");
    CHECK(problem_of(bound("auth.fail_ratio", "", "0.01")).field == "thresholds[0].le");
    CHECK(problem_of(bound("server.rss", "", "600")).field == "thresholds[0].le");
    CHECK(problem_of(bound("claim.wrong_org", "", "0%")).field == "thresholds[0].le");
}

TEST_CASE("a threshold that is met by everything or by nothing is refused", "[load]") {
    auto const said = [](char const* metric, std::string ThresholdSpec::*side, char const* text) {
        ThresholdSpec spec;
        spec.metric = metric;
        spec.*side = text;
        return problem_of(spec).sentence;
    };

    CHECK(said("online.share", &ThresholdSpec::ge, "101%") == "'101%' is met by nothing: a share is at most 100%");
    CHECK(said("online.share", &ThresholdSpec::gt, "100%") == "'100%' is met by nothing: a share is at most 100%");
    CHECK(said("auth.fail_ratio", &ThresholdSpec::le, "100%") ==
          "'100%' is met by everything: a share is at most 100%");
    CHECK(said("auth.refused_wrongly", &ThresholdSpec::lt, "0") == "'0' is met by nothing: no value is below 0");
    CHECK(said("auth.accepted", &ThresholdSpec::ge, "0") == "'0' is met by everything: no value is below 0");
    CHECK(said("online.share", &ThresholdSpec::ge, "100%") == "none");
    ThresholdSpec in_a_phase = at_least("online.share", "101%");
    in_a_phase.phase = "hold";
    CHECK(problem_of(in_a_phase).field == "thresholds[0].ge");
    CHECK(said("auth.fail_ratio", &ThresholdSpec::lt, "100%") == "none");
    CHECK(said("server.cpu", &ThresholdSpec::le, "150%") == "none");
}

TEST_CASE("each comparison holds on its own side of the bound", "[load]") {
    Summary const summary = hundred_logins();
    auto const outcome = [&](std::string ThresholdSpec::*side, char const* text) {
        ThresholdSpec spec;
        spec.metric = "auth.refused_wrongly";
        spec.*side = text;
        return outcome_of(spec, summary) == Outcome::passed;
    };

    CHECK(outcome(&ThresholdSpec::le, "2"));
    CHECK_FALSE(outcome(&ThresholdSpec::le, "1"));
    CHECK(outcome(&ThresholdSpec::ge, "2"));
    CHECK_FALSE(outcome(&ThresholdSpec::ge, "3"));
    CHECK(outcome(&ThresholdSpec::lt, "3"));
    CHECK_FALSE(outcome(&ThresholdSpec::lt, "2"));
    CHECK(outcome(&ThresholdSpec::gt, "1"));
    CHECK_FALSE(outcome(&ThresholdSpec::gt, "2"));
}

TEST_CASE("aggregations take their value from the recorded times", "[load]") {
    Summary const summary = hundred_logins();

    CHECK(outcome_of(bound("auth.latency", "p50", "51ms"), summary) == Outcome::passed);
    CHECK(outcome_of(bound("auth.latency", "p50", "49ms"), summary) == Outcome::failed);
    CHECK(outcome_of(bound("auth.latency", "p99", "98ms"), summary) == Outcome::failed);
    CHECK(outcome_of(bound("auth.latency", "max", "100ms"), summary) == Outcome::passed);
    CHECK(outcome_of(bound("auth.latency", "mean", "51ms"), summary) == Outcome::passed);
    CHECK(outcome_of(bound("auth.latency", "mean", "50ms"), summary) == Outcome::failed);
    CHECK(evaluate(read({bound("auth.latency", "max", "1s")}).front(), summary).observed == "100 ms of 100");
}

TEST_CASE("a share that equals its bound reaches it", "[load]") {
    Summary summary;
    summary.cell("hold", "lte-m").add(Counter::online_expected, 200);
    summary.cell("hold", "lte-m").add(Counter::online_seen, 199);

    CHECK(outcome_of(at_least("online.share", "99.5%"), summary) == Outcome::passed);
    CHECK(outcome_of(at_least("online.share", "99.6%"), summary) == Outcome::failed);
    CHECK(evaluate(read({at_least("online.share", "99.5%")}).front(), summary).observed == "99.5 % (199 of 200)");
}

TEST_CASE("a share of which something is missing is never told as all", "[load]") {
    auto const told = [](std::uint64_t part, std::uint64_t whole) {
        Summary summary;
        summary.cell("hold", "lte-m").add(Counter::online_expected, whole);
        summary.cell("hold", "lte-m").add(Counter::online_seen, part);
        return evaluate(read({at_least("online.share", "99.5%")}).front(), summary).observed;
    };

    CHECK(told(9997, 10'000) == "99.97 % (9997 of 10000)");
    CHECK(told(99'997, 100'000) == "99.997 % (99997 of 100000)");
    CHECK(told(999'999'999, 1'000'000'000) == "99.9999999 % (999999999 of 1000000000)");
    CHECK(told(7, 7) == "100 % (7 of 7)");
}

TEST_CASE("only devices that came back within the time have recovered", "[load]") {
    Summary summary;
    Cell& cell = summary.cell("hold", "lte-m");
    cell.add(Counter::reconnect_lost, 4);
    for (Duration time : {Duration(10s), Duration(20s), Duration(90s)}) { cell.record(Latency::reconnect, time); }
    ThresholdSpec spec = at_least("reconnect.recovered", "75%");

    CHECK(outcome_of(spec, summary) == Outcome::passed);
    spec.within = "60s";
    CHECK(outcome_of(spec, summary) == Outcome::failed);
    CHECK(evaluate(read({spec}).front(), summary).observed == "50 % (2 of 4)");
}

TEST_CASE("a threshold looks only at its phase and link", "[load]") {
    Summary summary = hundred_logins();
    summary.cell("hold", "wired").record(Latency::auth, 3s);
    ThresholdSpec spec = bound("auth.latency", "max", "1s");

    CHECK(outcome_of(spec, summary) == Outcome::failed);
    spec.phase = "ramp";
    CHECK(outcome_of(spec, summary) == Outcome::passed);
    spec.link = "wired";
    CHECK(outcome_of(spec, summary) == Outcome::no_data);
}

TEST_CASE("a metric that nothing was measured for never passes", "[load]") {
    Summary const summary = hundred_logins();

    for (Metric const& metric : all_metrics()) {
        std::string_view const example = bound_example(metric.kind);
        std::string const agg = metric.kind == MetricKind::times ? "p99" : "";
        ThresholdSpec spec = bound(std::string(metric.name), agg, std::string(example.substr(example.rfind(' ') + 1)));
        spec.phase = "warm";
        CAPTURE(metric.name);
        CHECK(outcome_of(spec, summary) == Outcome::no_data);
    }
    auto const evaluation = evaluate(read({bound("claim.wrong_org", "", "0")}), summary);
    CHECK(evaluation.verdict == RunVerdict::fail);
    CHECK(evaluation.sentence == "claim.wrong_org le 0: observed nothing");
}

TEST_CASE("the verdict is that of the worst threshold", "[load]") {
    Summary const summary = hundred_logins();
    ThresholdSpec wish = bound("auth.refused_wrongly", "", "0");
    wish.severity = "should";
    auto const easy = bound("auth.latency", "p99", "1s");
    auto const hard = bound("auth.latency", "p99", "1ms");

    CHECK(evaluate(read({easy}), summary).verdict == RunVerdict::pass);
    CHECK(evaluate(read({easy, wish}), summary).verdict == RunVerdict::non_strict);
    CHECK(evaluate(read({wish, hard, easy}), summary).verdict == RunVerdict::fail);
    CHECK(evaluate(read({wish, hard}), summary).sentence == "auth.latency p99 le 1ms: observed 99.02 ms of 100");
}

TEST_CASE("a run whose generator was late is inconclusive, whatever else it reached", "[load]") {
    Summary late = hundred_logins();
    for (int i = 0; i < 5; ++i) { late.cell("ramp", "lte-m").record(Latency::generator_late, 5ms); }
    auto const easy = bound("auth.latency", "p99", "1s");

    CHECK(evaluate(read({easy}), late).verdict == RunVerdict::inconclusive);
    CHECK(evaluate(read({bound("auth.latency", "p99", "1ms")}), late).verdict == RunVerdict::inconclusive);
    CHECK(evaluate(read({easy, bound("generator.late", "p99", "10ms")}), late).verdict == RunVerdict::pass);
    CHECK(evaluate(read({easy}), Summary()).verdict == RunVerdict::inconclusive);
}

TEST_CASE("a run is given up when a threshold fails for long enough without a break", "[load]") {
    ThresholdSpec spec = bound("auth.fail_ratio", "", "1%");
    spec.abort_after = "10s";
    AbortWatch watch(read({bound("auth.latency", "p99", "1us"), spec}));
    Summary good;
    good.cell("ramp", "lte-m").add(Counter::auth_started, 1000);
    Summary bad = good;
    bad.cell("ramp", "lte-m").add(Counter::auth_lost, 50);

    CHECK_FALSE(watch.look(1s, Summary()));
    CHECK_FALSE(watch.look(2s, bad));
    CHECK_FALSE(watch.look(11s, bad));
    CHECK_FALSE(watch.look(12s, good));
    CHECK_FALSE(watch.look(13s, bad));
    CHECK_FALSE(watch.look(23s - 1ns, bad));
    auto const finding = watch.look(23s, bad);
    REQUIRE(finding);
    CHECK(finding->threshold.text == "auth.fail_ratio le 1%");
    CHECK(finding->observed == "5 % (50 of 1000)");
}
