// From the fleet's counts to the record of a run, and shards put together.
#include "rig/record/generator_judge.h"
#include "rig/record/load_merge.h"
#include "rig/record/load_recorder.h"
#include "rig/record/load_rows.h"

#include <catch2/catch.hpp>

#include <numeric>

using namespace drydock;
using namespace drydock::rig;
using namespace std::chrono_literals;

namespace {

load::ThresholdSpec threshold(std::string metric, std::string agg, std::string bound) {
    load::ThresholdSpec spec;
    spec.metric = std::move(metric);
    spec.agg = std::move(agg);
    spec.le = std::move(bound);
    return spec;
}

// A hundred devices: ten seconds of arriving, ten of staying.
load::LoadPlan plan_with(std::vector<load::ThresholdSpec> const& thresholds) {
    load::LoadPlan plan;
    plan.id = "test.plan";
    load::Population fleet;
    fleet.count = 100;
    fleet.link = "ethernet";
    plan.populations.push_back(fleet);
    load::PhaseSpec ramp;
    ramp.name = "ramp";
    ramp.over = "10s";
    ramp.arrive = load::ArriveSpec{};
    ramp.arrive->from = "10/s";
    load::PhaseSpec hold;
    hold.name = "hold";
    hold.over = "10s";
    hold.is_hold = true;
    plan.phase_specs = {ramp, hold};
    plan.phases = load::Phases::plan(plan.phase_specs, 100).value();
    plan.thresholds = load::read_thresholds(thresholds, {{"ramp", "hold"}, {"ethernet"}}).value();
    return plan;
}

// One second in which so many logged in, each in this time.
FleetLook look_with(std::uint64_t logins, Duration each) {
    FleetLook look;
    look.repeated_connects = 3;
    load::Cell& cell = look.fresh.cell("ramp", "ethernet");
    for (std::uint64_t i = 0; i < logins; ++i) {
        cell.add(load::Counter::connect_started);
        cell.add(load::Counter::auth_started);
        cell.add(load::Counter::auth_accepted);
        cell.record(load::Latency::auth, each);
        cell.record(load::Latency::generator_late, 10us);
    }
    return look;
}

report::LoadRecord shard_with(load::LoadPlan const& plan, load::Shard shard, Duration each) {
    LoadRecorder recorder(plan);
    FleetLook look = look_with(10, each);
    look.arrived = 10;
    look.online = 10;
    look.errors["connection refused"] = 1;
    recorder.look(1s, std::move(look), std::nullopt);
    report::LoadRecord record = recorder.finish(recorder.generator(), std::nullopt);
    record.shards = {{shard.index, shard.of}};
    record.machine = "machine " + std::to_string(shard.index);
    return record;
}

std::uint64_t sum_of(std::vector<std::uint64_t> const& values) {
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

// One second, in which a worker used so much of a core.
GeneratorFacts looked_at_once(LoadRecorder& recorder, double cores) {
    FleetLook look = look_with(10, 20ms);
    look.cores = {cores};
    recorder.look(1s, std::move(look), std::nullopt);
    GeneratorFacts facts = recorder.generator();
    facts.has_sockets = true;
    return facts;
}

}  // namespace

TEST_CASE("the columns of the heat map go up and count every login once", "[load][record]") {
    auto const& bounds = heat_bounds_ms();
    CHECK(bounds.size() == 49);
    CHECK(std::is_sorted(bounds.begin(), bounds.end()));
    load::Histogram times;
    times.record(50us);
    times.record(3ms);
    times.record(30min);

    auto const heat = heat_of(times);

    CHECK(heat.size() == bounds.size() + 1);
    CHECK(heat.front() == 1);
    CHECK(heat.back() == 1);
    CHECK(sum_of(heat) == 3);
}

TEST_CASE("a summary survives being rows", "[load][record]") {
    load::Summary summary;
    summary.cell("hold", "lte-m").add(load::Counter::messages_sent, 7);
    summary.cell("hold", "lte-m").record(load::Latency::messages, 120ms);
    summary.cell("hold", "machine").sample(load::Gauge::server_rss, 1'000'000);
    summary.cell("ramp", "lte-m").add(load::Counter::auth_started, 3);

    auto const back = summary_of(rows_of(summary));

    REQUIRE(back.has_value());
    CHECK(back->to_text() == summary.to_text());
}

TEST_CASE("rows with a damaged histogram are no summary", "[load][record]") {
    load::Summary summary;
    summary.cell("hold", "lte-m").record(load::Latency::auth, 5ms);
    auto rows = rows_of(summary);
    rows.front().times.front().second.histogram += "A";

    CHECK_FALSE(summary_of(rows).has_value());
}

TEST_CASE("a tick says what is new since the one before", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    LoadRecorder recorder(plan);
    FleetLook first = look_with(4, 20ms);
    first.arrived = 4;
    first.errors["connection refused"] = 2;
    FleetLook second = look_with(6, 40ms);
    second.arrived = 10;
    second.online = 9;
    second.errors["connection refused"] = 5;

    recorder.look(1s, std::move(first), std::nullopt);
    report::LoadTick const tick = recorder.look(2s, std::move(second), ServerLook{0.5, 8.0 * 1024 * 1024});

    CHECK(tick.arrived == 6);
    CHECK(tick.accepted == 6);
    CHECK(tick.errors == 3);
    CHECK(tick.online == 9);
    CHECK(tick.auth_p50_ms == Approx(40).epsilon(0.01));
    CHECK(tick.server_rss_mib.value() == Approx(8));
    CHECK(sum_of(tick.heat) == 6);
}

TEST_CASE("the last moment of a run belongs to its last second", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    LoadRecorder recorder(plan);
    recorder.look(1s, look_with(4, 20ms), std::nullopt);
    recorder.look(1010ms, look_with(2, 20ms), std::nullopt);

    auto const record = recorder.finish(recorder.generator(), std::nullopt);

    REQUIRE(record.ticks.size() == 1);
    CHECK(record.ticks.front().accepted == 6);
    CHECK(record.verdict == report::Verdict::pass);
}

TEST_CASE("a crossed threshold fails the run and says what was seen", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "10ms")});
    LoadRecorder recorder(plan);
    recorder.look(1s, look_with(10, 20ms), std::nullopt);

    auto const record = recorder.finish(recorder.generator(), std::nullopt);

    CHECK(record.verdict == report::Verdict::fail);
    CHECK(record.sentence == "auth.latency p99 le 10ms: observed 20 ms of 10");
    CHECK(record.thresholds.front().outcome == "FAIL");
}

TEST_CASE("a run whose generator was late says what helps before what only allows it", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "10ms")});
    LoadRecorder recorder(plan);
    FleetLook look = look_with(10, 20ms);
    look.fresh.cell("ramp", "ethernet").record(load::Latency::generator_late, 5ms);
    recorder.look(1s, std::move(look), std::nullopt);

    auto const record = recorder.finish(recorder.generator(), std::nullopt);

    CHECK(record.verdict == report::Verdict::inconclusive);
    CHECK(record.sentence.starts_with("generator.late p99 le 1ms: observed 5 ms of "));
    auto const helps = record.sentence.find("fewer devices per worker");
    auto const allows = record.sentence.find("--late");
    REQUIRE(helps != std::string::npos);
    REQUIRE(allows != std::string::npos);
    CHECK(helps < allows);
}

TEST_CASE("a wrong answer fails the run whatever the generator did", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    LoadRecorder recorder(plan);
    FleetLook look = look_with(10, 20ms);
    look.fresh.cell("ramp", "ethernet").add(load::Counter::auth_accepted_wrongly);
    look.cores = {1.0};
    recorder.look(1s, std::move(look), std::nullopt);
    GeneratorFacts facts = recorder.generator();
    facts.has_sockets = true;

    auto const record = recorder.finish(facts, std::nullopt);

    CHECK_FALSE(judge(facts).is_good);
    CHECK(record.verdict == report::Verdict::fail);
}

TEST_CASE("an interrupted run has no verdict on its plan", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    LoadRecorder recorder(plan);
    recorder.look(1s, look_with(10, 20ms), std::nullopt);

    auto const record = recorder.finish(recorder.generator(), EarlyEnd{EarlyEnd::Why::interrupted, "interrupted"});

    CHECK(record.verdict == report::Verdict::inconclusive);
    CHECK(record.sentence == "interrupted");
}

TEST_CASE("what came of an event counts, and one that never ended is told", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    LoadRecorder recorder(plan);
    recorder.look(1s, look_with(10, 20ms), std::nullopt);
    CHECK(recorder.generator().repeated_connects == 3);
    std::size_t const burst = recorder.begins(3s, "claim.burst");
    recorder.ended(burst, {});
    CHECK(recorder.finish(recorder.generator(), std::nullopt).verdict == report::Verdict::pass);
    static_cast<void>(recorder.begins(4s, "device.release"));
    auto const record = recorder.finish(recorder.generator(), std::nullopt);

    REQUIRE(record.events.size() == 2);
    CHECK(record.events[1].outcome == "not finished");
    CHECK(record.verdict == report::Verdict::non_strict);
    CHECK(record.sentence == "not everything happened as planned: 'device.release' after 4 s: not finished");
}

TEST_CASE("giving up means what its threshold means, and only for a good generator", "[load][record]") {
    auto const verdict_of = [](std::string const& metric, std::string const& severity, double cores) {
        auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
        load::ThresholdSpec spec = threshold(metric, "p99", "1us");
        spec.abort_after = "5s";
        spec.severity = severity;
        auto const missed = load::read_thresholds({spec}, {}).value().front();
        LoadRecorder recorder(plan);
        GeneratorFacts const facts = looked_at_once(recorder, cores);
        auto const record = recorder.finish(facts, gave_up_after(6s, load::evaluate(missed, recorder.summary())));
        CHECK(record.sentence.starts_with("given up after 6 s: " + metric + " p99 le 1us, observed"));
        CHECK(record.ended_early == "gave_up");
        return record.verdict;
    };

    CHECK(verdict_of("auth.latency", "must", 0.5) == report::Verdict::fail);
    CHECK(verdict_of("auth.latency", "should", 0.5) == report::Verdict::non_strict);
    CHECK(verdict_of("generator.late", "must", 0.5) == report::Verdict::inconclusive);
    CHECK(verdict_of("auth.latency", "must", 1.0) == report::Verdict::inconclusive);
}

TEST_CASE("a server that ended by itself has failed, whatever its generator did", "[load][record]") {
    for (double const cores : {0.5, 1.0}) {
        auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
        LoadRecorder recorder(plan);
        GeneratorFacts const facts = looked_at_once(recorder, cores);

        auto const record = recorder.finish(facts, server_ended_after(6s, "signal 9"));

        CHECK(record.verdict == report::Verdict::fail);
        CHECK(record.sentence.starts_with("the server under test ended by itself after 6 s: signal 9"));
        CHECK(record.ended_early == report::k_server_ended);
    }
}

TEST_CASE("what is counted after an interrupt is kept but for losses", "[load][record]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    LoadRecorder recorder(plan);
    recorder.look(1s, look_with(4, 20ms), std::nullopt);
    FleetLook last = look_with(3, 20ms);
    last.fresh.cell("ramp", "ethernet").add(load::Counter::reconnect_lost, 7);

    recorder.look_after_interrupt(std::move(last.fresh));

    CHECK(recorder.summary().count(load::Counter::auth_accepted) == 7);
    CHECK(recorder.summary().count(load::Counter::reconnect_lost) == 0);
}

TEST_CASE("memory that grows through the hold has a slope, and the ramp does not count", "[load][record]") {
    std::vector<report::LoadPhase> const phases{{"ramp", 0, 60, false}, {"hold", 60, 180, true}};
    std::vector<report::LoadTick> ticks;
    for (int second = 1; second <= 180; ++second) {
        report::LoadTick tick;
        tick.at_s = second;
        tick.server_rss_mib = second <= 60 ? second : 60 + (second - 60) / 60.0;  // one MiB a minute
        ticks.push_back(tick);
    }

    CHECK(memory_slope_kib_per_min(phases, ticks).value() == Approx(1024).epsilon(0.001));
    CHECK_FALSE(memory_slope_kib_per_min({phases.front()}, ticks));
    CHECK_FALSE(memory_slope_kib_per_min({{"hold", 60, 119, true}}, ticks));
    for (report::LoadTick& tick : ticks) { tick.server_rss_mib.reset(); }
    CHECK_FALSE(memory_slope_kib_per_min(phases, ticks));
}

TEST_CASE("shards become one record with percentiles of all", "[load][merge]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "150ms")});

    auto const merged = merge({shard_with(plan, {1, 2}, 200ms), shard_with(plan, {0, 2}, 20ms)});

    CHECK(merged.verdict == report::Verdict::fail);
    CHECK(merged.sentence == "auth.latency p99 le 150ms: observed 200 ms of 20");
    CHECK(merged.shards == std::vector<report::LoadShard>{{0, 2}, {1, 2}});
    CHECK(merged.workers == 2);
    CHECK(merged.machine == "machine 1; machine 0");
    CHECK(merged.errors.at("connection refused") == 2);
    REQUIRE(merged.ticks.size() == 1);
    CHECK(merged.ticks.front().accepted == 20);
    CHECK(merged.ticks.front().online == 20);
    CHECK(merged.ticks.front().auth_p99_ms == Approx(200).epsilon(0.3));
    CHECK(merged.rows.front().times.front().second.count == 20);
}

TEST_CASE("a missing shard leaves the run without a verdict", "[load][merge]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});

    auto const merged = merge({shard_with(plan, {0, 3}, 20ms), shard_with(plan, {2, 3}, 20ms)});

    CHECK(merged.verdict == report::Verdict::inconclusive);
    CHECK(merged.sentence == "only 2 of 3 parts are there; missing: part 2");
    auto const most = merge({shard_with(plan, {3, 13}, 20ms), shard_with(plan, {1, 13}, 20ms)});
    CHECK(
        most.sentence ==
        "only 2 of 13 parts are there; missing: part 1, part 3, part 5, part 6, part 7, part 8, part 9, part 10 and 3 "
        "more");
}

TEST_CASE("a shard that ended early leaves the run without a pass", "[load][merge]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    auto const good = shard_with(plan, {0, 2}, 20ms);
    auto part = shard_with(plan, {1, 2}, 20ms);
    part.ended_early = "gave_up";
    part.sentence = "given up after 6 s";
    part.verdict = report::Verdict::non_strict;
    CHECK(merge({good, part}).verdict == report::Verdict::inconclusive);
    part.verdict = report::Verdict::fail;

    auto const merged = merge({good, part});

    CHECK(merged.verdict == report::Verdict::fail);
    CHECK(merged.sentence == "part 2 of 2 ended early: given up after 6 s");
    CHECK(merged.ended_early == "gave_up");
    part.ended_early = "interrupted";
    part.verdict = report::Verdict::inconclusive;
    CHECK(merge({good, part}).verdict == report::Verdict::inconclusive);
}

TEST_CASE("records that are no shards of one run are refused", "[load][merge]") {
    auto const plan = plan_with({threshold("auth.latency", "p99", "1s")});
    auto const first = shard_with(plan, {0, 2}, 20ms);

    CHECK_THROWS_WITH(merge({}), "there is no record to merge");
    CHECK_THROWS_WITH(merge({first, first}), "part 1 of 2 is there twice");
    auto const two = merge({shard_with(plan, {0, 3}, 20ms), shard_with(plan, {1, 3}, 20ms)});
    CHECK_THROWS_WITH(merge({two, shard_with(plan, {2, 3}, 20ms)}),
                      "record 1 is a merged one already: name those of all parts");
    CHECK_THROWS_WITH(merge({first, shard_with(plan, {1, 3}, 20ms)}), "one record is part of 2 shards, another of 3");
    auto other = shard_with(plan, {1, 2}, 20ms);
    other.devices = 7;
    CHECK_THROWS_WITH(merge({first, other}), "record 2 is of another run than record 1: 7 devices, not 100");
    auto const stricter = plan_with({threshold("auth.latency", "p99", "2s")});
    CHECK_THROWS_WITH(merge({first, shard_with(stricter, {1, 2}, 20ms)}),
                      "record 2 is of another run than record 1: its thresholds differ");
}

TEST_CASE("a threshold with all its parts is the same after merging", "[load][merge]") {
    load::ThresholdSpec spec;
    spec.metric = "reconnect.recovered";
    spec.within = "30s";
    spec.ge = "99%";
    spec.phase = "hold";
    spec.link = "ethernet";
    spec.severity = "should";
    auto const plan = plan_with({spec, threshold("generator.late", "p99", "10ms")});

    auto const merged = merge({shard_with(plan, {0, 2}, 20ms), shard_with(plan, {1, 2}, 20ms)});

    REQUIRE(merged.thresholds.size() == 2);
    CHECK(merged.thresholds[0].text == "reconnect.recovered within 30s ge 99% in hold over ethernet");
    CHECK(merged.thresholds[0].is_should);
    CHECK(merged.thresholds[1].text == "generator.late p99 le 10ms");
    CHECK(merged.verdict == report::Verdict::non_strict);
}
