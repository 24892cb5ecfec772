#include "tests/fleet/field.h"

#include <stdexcept>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace drydock::test;
using namespace std::chrono_literals;

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

Activity ping_each(Duration every, std::uint32_t jitter = 0) {
    Activity ping;
    ping.every = every;
    ping.jitter_millionths = jitter;
    return ping;
}

std::map<std::string, std::uint64_t> counts_of(Summary& summary) {
    std::map<std::string, std::uint64_t> counts;
    for (std::size_t i = 0; i < k_counters; ++i) {
        auto const counter = static_cast<Counter>(i);
        counts[std::string(name_of(counter))] = summary.count(counter);
    }
    return counts;
}

LoadPlan busy_plan() {
    LoadPlan plan = plan_of({60, "10/s", "6s", "4m", "all"});
    plan.populations[0].families = {{Family::modern, 1}, {Family::js, 1}, {Family::cpp, 1}};
    plan.populations[0].tempers = {{Temper::steady, 4}, {Temper::power_cuts, 1}, {Temper::slow_reader, 1}};
    plan.session = {ping_each(10s, 500'000)};
    Happening half_open;
    half_open.kind = Happening::Kind::half_open;
    half_open.at = 60s;
    half_open.share_millionths = 300'000;
    plan.happenings = {half_open};
    return plan;
}

}  // namespace

TEST_CASE("devices are switched on when the plan says so, and log in", "[fleet]") {
    LoadPlan const plan = plan_of({20, "10/s", "2s", "1m", {}});
    Field field(plan);
    field.run();
    std::vector<double> due;
    PlanStream stream(plan.phases, Flow::arrive, Seed{plan.seed});
    while (auto const next = stream.next_due()) { due.push_back(seconds(next->at)); }
    CHECK(field.times_of("device.booted") == due);
    CHECK(field.cloud.online() == 20);
    CHECK(field.count(Counter::connect_started) == 20);
    CHECK(field.count(Counter::auth_started) == 20);
    CHECK(field.count(Counter::auth_accepted) == 20);
    CHECK(field.count(Counter::auth_accepted, {"arrive", "cable"}) == 20);
    CHECK(field.times(Latency::generator_late).max() <= 1us);
    // Two ways for the handshake and two for the login, a millisecond and a bit each.
    CHECK(field.times(Latency::auth).min() >= 4ms);
    CHECK(field.times(Latency::auth).max() < 5ms);
    CHECK(field.fleet.snapshot().errors.empty());
}

TEST_CASE("those who leave close their connections and are not expected any more", "[fleet]") {
    Field field(plan_of({20, "20/s", "1s", "1m", "1/s"}));
    field.run();
    CHECK(field.times_of("device.left").size() == 10);
    CHECK(field.cloud.online() == 10);
    auto const seen = field.fleet.snapshot();
    CHECK(seen.arrived == 20);
    CHECK(seen.online == 10);
    CHECK(seen.expected == 10);
    CHECK(field.count(Counter::reconnect_lost) == 0);
    field.fleet.stop();
    field.world.run_until(field.world.now() + 1s);
    CHECK(field.cloud.online() == 0);
}

TEST_CASE("looks at the fleet say who is online of those who should be", "[fleet]") {
    Field field(plan_of({10, "10/s", "1s", "60s", {}}));
    field.cloud.answer = [](std::string_view token) -> std::uint16_t { return token == token_text(3) ? 9 : 200; };
    field.run();
    Where const hold{"hold", {}};
    CHECK(field.count(Counter::online_expected, hold) == 600);
    CHECK(field.count(Counter::online_seen, hold) == 540);
}

TEST_CASE("messages are timed from their intended start and come at their turns", "[fleet]") {
    LoadPlan plan = plan_of({10, "10/s", "1s", "60s", {}});
    Activity report;
    report.kind = Activity::Kind::report;
    report.every = 20s;
    report.pin = 4;
    report.walk_low = -2'000;
    report.walk_high = 8'000;
    plan.session = {ping_each(10s, 200'000), report};
    Field field(plan);
    field.run();
    CHECK(field.cloud.pings >= 55);
    CHECK(field.cloud.pings <= 75);
    CHECK(field.cloud.reports >= 28);
    CHECK(field.cloud.reports <= 32);
    CHECK(field.cloud.last_report.substr(0, 5) == std::string("vw\0"
                                                              "4\0",
                                                              5));
    CHECK(field.times(Latency::messages).count() + 1 >= field.count(Counter::messages_sent) - field.cloud.reports);
    CHECK(field.times(Latency::messages).min() >= 2ms);
    CHECK(field.count(Counter::messages_lost) == 0);
}

TEST_CASE("a message that waits for the answer before it is timed from when it should have begun", "[fleet]") {
    LoadPlan plan = plan_of({1, "1/s", "1s", "60s", {}});
    plan.session = {ping_each(5s)};
    plan.populations[0].heartbeat = 10min;
    Field field(plan);
    field.run_until(10);
    auto const before = field.times(Latency::messages).count();
    field.cloud.is_silent = true;
    field.run_until(50);
    // The first of the silence was given up after 20 s; those behind it began late.
    CHECK(field.count(Counter::messages_lost) >= 1);
    field.cloud.is_silent = false;
    field.run_until(60);
    CHECK(field.times(Latency::messages).count() > before + 3);
    CHECK(field.times(Latency::messages).max() > 10s);
    CHECK(field.times(Latency::generator_late).max() <= 1us);
}

TEST_CASE("two shards together count what one fleet counts", "[fleet]") {
    LoadPlan const plan = busy_plan();
    Field whole(plan);
    whole.run();
    Field first(plan, {0, 2}, 7);
    Field second(plan, {1, 2}, 8);
    first.run();
    second.run();
    Summary both = first.fleet.summary();
    both.merge(second.fleet.summary());
    CHECK(first.fleet.snapshot().devices == 30);
    CHECK(counts_of(both) == counts_of(whole.fleet.summary()));
    CHECK(whole.count(Counter::reconnect_lost) > 10);
}

TEST_CASE("a seed gives the same events and the same figures twice", "[fleet]") {
    LoadPlan plan = busy_plan();
    Field first(plan);
    Field second(plan);
    first.run();
    second.run();
    CHECK(first.events.events().size() > 200);
    CHECK(first.events.hash() == second.events.hash());
    CHECK(first.fleet.summary().to_text() == second.fleet.summary().to_text());
    plan.seed = 2;
    Field third(plan);
    third.run();
    CHECK(third.events.hash() != first.events.hash());
}

TEST_CASE("tokens that do not match the plan are refused", "[fleet]") {
    LoadPlan const plan = plan_of({10, "10/s", "1s", "60s", {}});
    World world(Seed{1});
    MemoryNetwork network(world);
    EventLog events(world.loop().clock);
    Field field(plan);
    FleetOptions options;
    options.tokens.resize(9);
    CHECK_THROWS_AS(Fleet(world.loop(), network, events, plan, options, field), std::invalid_argument);
    options.tokens.resize(10);
    options.shard = {2, 2};
    CHECK_THROWS_AS(Fleet(world.loop(), network, events, plan, options, field), std::invalid_argument);
}
