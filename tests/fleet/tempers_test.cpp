// What devices with a temper do, and what is expected of the cloud that meets them.
#include "tests/fleet/field.h"

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace drydock::test;
using namespace std::chrono_literals;

LoadPlan plan_for(Temper temper, std::uint64_t count = 4) {
    LoadPlan plan = plan_of({count, std::to_string(count) + "/s", "1s", "10m", {}});
    plan.populations[0].tempers = {{temper, 1}};
    Activity ping;
    ping.every = 20s;
    plan.session = {ping};
    return plan;
}

}  // namespace

TEST_CASE("a malformed device is closed for what it sends and comes again", "[fleet]") {
    Field field(plan_for(Temper::malformed));
    field.run();
    CHECK(field.cloud.bad_frames > 100);
    CHECK(field.cloud.connections >= field.cloud.bad_frames);
    CHECK(field.count(Counter::reconnect_lost) == 0);
    CHECK(field.count(Counter::messages_lost) == 0);
    CHECK(field.count(Counter::online_expected) == 0);
    CHECK(field.fleet.snapshot().errors.empty());
}

TEST_CASE("a cloud that keeps a malformed device is found out", "[fleet]") {
    Field field(plan_for(Temper::malformed));
    field.cloud.closes_bad_frames = false;
    field.run_until(60);
    CHECK(field.fleet.snapshot().errors.at("bad device was not closed") >= 4);
    CHECK(field.count(Counter::bad_device_kept) >= 4);
    CHECK(field.cloud.connections > 8);
}

TEST_CASE("a half login waits until the cloud ends it and comes again", "[fleet]") {
    Field field(plan_for(Temper::half_login));
    field.run();
    CHECK(field.cloud.half_logins >= 4 * 39);
    CHECK(field.cloud.logins.empty());
    CHECK(field.count(Counter::auth_started) == 0);
    CHECK(field.count(Counter::connect_failed) == 0);
    CHECK(field.fleet.snapshot().errors.empty());
}

TEST_CASE("a cloud that keeps half logins is found out", "[fleet]") {
    Field field(plan_for(Temper::half_login));
    field.cloud.closes_half_logins = false;
    field.run_until(90);
    CHECK(field.fleet.snapshot().errors.at("bad device was not closed") == 4);
    CHECK(field.count(Counter::bad_device_kept) == 4);
}

TEST_CASE("a slow reader hears its answers all the same", "[fleet]") {
    Field field(plan_for(Temper::slow_reader));
    field.run();
    CHECK(field.cloud.online() == 4);
    CHECK(field.count(Counter::auth_accepted) == 4);
    CHECK(field.times(Latency::auth).min() > 200ms);
    CHECK(field.times(Latency::messages).count() > 100);
    CHECK(field.count(Counter::messages_lost) == 0);
}

TEST_CASE("power cuts are silent, and the device boots again by itself", "[fleet]") {
    Field field(plan_for(Temper::power_cuts));
    field.run();
    auto const lost = field.times_of("device.lost_power").size();
    CHECK(lost >= 8);
    CHECK(field.count(Counter::reconnect_lost) == lost);
    CHECK(field.times_of("device.booted").size() + 4 >= lost);
    // Nobody told the cloud: it learns of it when the device logs in again.
    CHECK(field.cloud.takeovers + 4 >= lost);
    CHECK(field.count(Counter::auth_accepted) == 4 + field.cloud.takeovers);
    CHECK(field.times(Latency::reconnect).max() < 31s);
}

TEST_CASE("clones take each other's place for ever, and the rest does not notice", "[fleet][AUTH-10]") {
    LoadPlan plan = plan_for(Temper::steady, 6);
    plan.populations[0].tempers = {{Temper::steady, 5}, {Temper::cloned, 1}};
    Field field(plan);
    field.run();
    CHECK(field.cloud.logins.size() == 5);
    CHECK(field.cloud.takeovers > 100);
    CHECK(field.cloud.online() == 5);
    CHECK(field.fleet.snapshot().expected == 4);
    CHECK(field.fleet.snapshot().online == 5);
    CHECK(field.count(Counter::reconnect_lost) == 0);
    CHECK(field.count(Counter::online_seen) + 10 > field.count(Counter::online_expected));
    CHECK(field.fleet.pick(Wanted::online, 10).size() == 4);
    CHECK(field.fleet.snapshot().errors.empty());
}
