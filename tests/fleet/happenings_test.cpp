// What comes upon many devices at once, and how they are back.
#include "tests/fleet/field.h"

#include <algorithm>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace drydock::test;
using namespace std::chrono_literals;

LoadPlan plan_with(Happening::Kind kind, std::uint32_t share_millionths, Duration lasts = {}) {
    LoadPlan plan = plan_of({40, "40/s", "1s", "5m", {}});
    plan.populations[0].heartbeat = 30s;
    Happening what;
    what.kind = kind;
    what.at = 60s;
    what.lasts = lasts;
    what.share_millionths = share_millionths;
    what.text = "it";
    plan.happenings = {what};
    return plan;
}

}  // namespace

TEST_CASE("a power cut is silent and everybody boots at one instant", "[fleet]") {
    Field field(plan_with(Happening::Kind::power_cut, 500'000, 5s));
    field.run_until(61);
    auto const cut = field.times_of("device.lost_power").size();
    CHECK(cut > 10);
    CHECK(cut < 30);
    CHECK(field.fleet.snapshot().online == 40 - cut);
    CHECK(field.fleet.snapshot().expected == 40 - cut);
    CHECK(field.cloud.online() == 40);
    field.run_until(66);
    auto const booted = field.times_of("device.booted");
    CHECK(std::count(booted.begin(), booted.end(), 65.0) == static_cast<std::ptrdiff_t>(cut));
    CHECK(field.fleet.snapshot().online == 40);
    CHECK(field.cloud.takeovers == cut);
    CHECK(field.count(Counter::reconnect_lost) == cut);
    CHECK(field.times(Latency::reconnect).count() == cut);
    CHECK(field.times(Latency::reconnect).min() > 5s);
    CHECK(field.times(Latency::reconnect).max() < 5100ms);
    CHECK(field.fleet.snapshot().errors.empty());
}

TEST_CASE("a lost way is found by the heartbeat", "[fleet][AUTH-09]") {
    Field field(plan_with(Happening::Kind::half_open, 250'000));
    field.run();
    auto const lost = field.times_of("device.lost_way").size();
    CHECK(lost > 2);
    CHECK(lost < 20);
    CHECK(field.count(Counter::reconnect_lost) == lost);
    CHECK(field.times(Latency::reconnect).count() == lost);
    // Silence is noticed 30 + 18 s after the last answer, which came up to 30 s before the loss.
    CHECK(field.times(Latency::reconnect).min() > 22s);
    CHECK(field.times(Latency::reconnect).max() < 54s);
    CHECK(field.cloud.online() == 40);
    CHECK(field.cloud.takeovers == lost);
}

TEST_CASE("reports into a lost way are lost, and those before it are not", "[fleet]") {
    LoadPlan plan = plan_with(Happening::Kind::half_open, 1'000'000);
    Activity report;
    report.kind = Activity::Kind::report;
    report.every = 10s;
    plan.session = {report};
    Field field(plan);
    field.run();
    CHECK(field.count(Counter::messages_lost) >= 40 * 2);
    CHECK(field.cloud.reports + field.count(Counter::messages_lost) >= field.count(Counter::messages_sent));
    CHECK(field.cloud.reports + field.count(Counter::messages_lost) <= field.count(Counter::messages_sent) + 40 * 4);
}

TEST_CASE("an outage silences its devices, and they are back when it is over", "[fleet][AUTH-09]") {
    Field field(plan_with(Happening::Kind::cell_outage, 400'000, 20s));
    field.run_until(61);
    auto const lost = field.times_of("device.lost_cell").size();
    CHECK(lost > 6);
    CHECK(field.fleet.snapshot().online == 40 - lost);
    CHECK(field.fleet.snapshot().expected == 40);
    field.run_until(300);
    CHECK(field.fleet.snapshot().online == 40);
    CHECK(field.count(Counter::reconnect_lost) == lost);
    CHECK(field.times(Latency::reconnect).count() == lost);
    CHECK(field.times(Latency::reconnect).min() > 20s);
    CHECK(field.times(Latency::reconnect).max() < 60s);
    CHECK(field.count(Counter::connect_failed) == 0);
}

TEST_CASE("who wants to connect during an outage is timed from its end", "[fleet]") {
    LoadPlan plan = plan_with(Happening::Kind::cell_outage, 1'000'000, 60s);
    plan.populations[0].heartbeat = 10s;
    Field field(plan);
    field.run();
    CHECK(field.fleet.snapshot().online == 40);
    CHECK(field.times(Latency::auth).count() == 80);
    CHECK(field.times(Latency::auth).max() < 100ms);
    CHECK(field.times(Latency::connect).max() < 100ms);
    CHECK(field.times(Latency::reconnect).min() > 60s);
    CHECK(field.count(Counter::connect_failed) == 0);
}

TEST_CASE("the operator is asked for what only the owner of the cloud can do", "[fleet]") {
    Field field(plan_with(Happening::Kind::claim_burst, 0));
    std::vector<std::string> asked;
    field.on_perform = [&](Fleet&, Happening const& what) { asked.push_back(what.text); };
    field.run();
    CHECK(asked == std::vector<std::string>{"it"});
    CHECK(field.times_of("load.happens") == std::vector<double>{60});
    CHECK(field.times_of("load.happened") == std::vector<double>{60});
}
