// What devices of each family do when their cloud answers, refuses, closes or is silent, and how the
// fleet judges it.
#include "tests/fleet/field.h"

#include <algorithm>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace drydock::test;
using namespace std::chrono_literals;

LoadPlan plan_for(Family family, std::uint64_t count = 1) {
    LoadPlan plan = plan_of({count, std::to_string(count) + "/s", "1s", "10m", {}});
    plan.populations[0].families = {{family, 1}};
    plan.populations[0].heartbeat = 30s;
    return plan;
}

std::uint16_t refuse_all(std::string_view) { return 9; }

}  // namespace

TEST_CASE("told 9 every family stops for ever", "[fleet][AUTH-07]") {
    for (Family const family : {Family::modern, Family::cpp, Family::js}) {
        LoadPlan plan = plan_for(family, 5);
        plan.populations[0].fate = TokenFate::unknown;
        Field field(plan);
        field.cloud.answer = refuse_all;
        field.run();
        CHECK(field.cloud.connections == 5);
        CHECK(field.count(Counter::auth_started) == 5);
        CHECK(field.count(Counter::auth_refused) == 5);
        CHECK(field.count(Counter::auth_refused_wrongly) == 0);
        CHECK(field.times(Latency::auth).count() == 5);
        CHECK(field.fleet.snapshot().errors.empty());
    }
}

TEST_CASE("a live token told 9 is refused wrongly, and its device is sampled", "[fleet][AUTH-08]") {
    LoadPlan plan = plan_for(Family::modern, 5);
    plan.sampling = {0, 2};
    Field field(plan);
    field.cloud.answer = refuse_all;
    field.run();
    CHECK(field.count(Counter::auth_refused_wrongly) == 5);
    CHECK(field.count(Counter::auth_refused) == 0);
    CHECK(field.fleet.snapshot().errors == std::map<std::string, std::uint64_t>{{"live token told 9", 5}});
    CHECK(field.times_of("device.failed").size() == 2);
    auto const& all = field.events.events();
    auto const before = std::find_if(all.begin(), all.end(), [](Event const& e) { return e.kind == "device.before"; });
    REQUIRE(before != all.end());
    // What befell it until then, though nobody had asked for it.
    CHECK(before->fields == Fields{{"0 ms", "device.booted"}, {"2 ms", "device.connected"}});
    CHECK(field.count(Counter::online_seen) == 0);
    CHECK(field.count(Counter::online_expected) > 2500);
}

TEST_CASE("a dead token that is let in is accepted wrongly", "[fleet]") {
    for (TokenFate const fate : {TokenFate::unknown, TokenFate::deleted}) {
        LoadPlan plan = plan_for(Family::modern, 3);
        plan.populations[0].fate = fate;
        Field field(plan);
        field.run();
        CHECK(field.count(Counter::auth_accepted_wrongly) == 3);
        CHECK(field.count(Counter::auth_accepted) == 0);
        CHECK(field.fleet.snapshot().errors.at("dead token let in") == 3);
    }
}

TEST_CASE("told 'later' a device tries again each five seconds, and that is no right answer", "[fleet]") {
    Field field(plan_for(Family::modern));
    field.cloud.answer = [](std::string_view) -> std::uint16_t { return 19; };
    field.run_until(12);
    CHECK(field.count(Counter::auth_refused_wrongly) == 3);
    field.cloud.answer = [](std::string_view) -> std::uint16_t { return 200; };
    field.run_until(20);
    CHECK(field.cloud.online() == 1);
}

TEST_CASE("a closed connection is seen at once, or by the C++ library at its next write", "[fleet]") {
    struct Row {
        Family family;
        double noticed;
    };
    for (Row const& row : {Row{Family::modern, 40}, Row{Family::js, 40}, Row{Family::cpp, 60}}) {
        Field field(plan_for(row.family));
        field.run_until(40);
        field.cloud.kick_all();
        field.run_until(100);
        auto const logins = field.times_of("device.login");
        REQUIRE(logins.size() == 2);
        // Back five seconds after it noticed; the C++ library beats at 30 and 60 s.
        CHECK(logins[1] > row.noticed + 5);
        CHECK(logins[1] < row.noticed + 5.1);
        CHECK(field.count(Counter::reconnect_lost) == 1);
        CHECK(field.times(Latency::reconnect).count() == 1);
        CHECK(field.times(Latency::reconnect).max() < std::chrono::seconds(static_cast<int>(row.noticed) - 40 + 6));
        CHECK(field.fleet.snapshot().errors.at("connection closed") == 1);
    }
}

TEST_CASE("without an answer to its login a device gives up after six seconds", "[fleet]") {
    Field field(plan_for(Family::cpp));
    field.cloud.is_silent = true;
    field.run_until(13);
    // The C++ library is there again at once: at 0, 6 and 12 s.
    CHECK(field.cloud.connections == 3);
    CHECK(field.count(Counter::auth_started) == 3);
    CHECK(field.count(Counter::auth_lost) == 2);
    CHECK(field.fleet.snapshot().errors.at("no answer to the login") == 2);
}

TEST_CASE("a cloud that is not there fails connections, not logins", "[fleet]") {
    LoadPlan const plan = plan_for(Family::modern);
    World world(Seed{1});
    MemoryNetwork network(world);
    EventLog events(world.loop().clock);
    Field other(plan);
    FleetOptions options;
    options.target = {"nowhere", 1};
    options.tokens.resize(1);
    Fleet fleet(world.loop(), network, events, plan, options, other);
    fleet.start(world.now(), [] {});
    world.run_until(world.now() + 12s);
    CHECK(fleet.summary().count(Counter::connect_started) == 3);
    CHECK(fleet.summary().count(Counter::connect_failed) == 3);
    CHECK(fleet.summary().count(Counter::auth_started) == 0);
    CHECK(fleet.snapshot().errors.at("connect refused") == 3);
}

TEST_CASE("while the server is away losses are forgiven and 9 is not", "[fleet][AUTH-08]") {
    Field field(plan_for(Family::modern, 4));
    field.run_until(20);
    field.fleet.server_is_away(true);
    field.cloud.answer = [](std::string_view) -> std::uint16_t { return 19; };
    field.cloud.kick_all();
    field.run_until(32);
    CHECK(field.count(Counter::auth_refused_wrongly) == 0);
    CHECK(field.count(Counter::auth_refused) == 8);
    CHECK(field.fleet.snapshot().errors ==
          std::map<std::string, std::uint64_t>{{"lost while the server was away", 12}});
    field.cloud.answer = [](std::string_view token) -> std::uint16_t { return token == token_text(0) ? 9 : 200; };
    field.fleet.server_is_away(false);
    field.run_until(60);
    CHECK(field.count(Counter::auth_refused_wrongly) == 1);
    CHECK(field.count(Counter::reconnect_lost) == 4);
    CHECK(field.times(Latency::reconnect).count() == 3);
}

TEST_CASE("a device whose token is deleted is cut off, hears 9 and stays away", "[fleet][DEL-03]") {
    LoadPlan plan = plan_for(Family::modern, 6);
    Happening deletion;
    deletion.kind = Happening::Kind::delete_token;
    deletion.at = 30s;
    deletion.count = 2;
    deletion.text = "tokens.delete";
    plan.happenings = {deletion};
    Field field(plan);
    std::vector<std::uint64_t> picked;
    field.on_perform = [&](Fleet& fleet, Happening const& what) {
        picked = fleet.pick(Wanted::online, what.count);
        for (std::uint64_t const device : picked) { fleet.was_deleted(device, field.world.now()); }
        field.cloud.answer = [&](std::string_view token) -> std::uint16_t {
            bool const is_dead = token == token_text(picked[0]) || token == token_text(picked[1]);
            return is_dead ? 9 : 200;
        };
        field.cloud.kick(token_text(picked[0]));
    };
    field.run_until(31);
    REQUIRE(picked.size() == 2);
    // The one that was not kicked is still connected: nothing is recorded for it yet.
    CHECK(field.times(Latency::cut_off).count() == 1);
    CHECK(field.times(Latency::cut_off).max() < 2ms);
    field.world.run_until(field.begin + 40s);
    field.cloud.kick(token_text(picked[1]));
    field.run_until(300);
    CHECK(field.times(Latency::cut_off).count() == 2);
    CHECK(field.times(Latency::cut_off).max() > 9s);
    CHECK(field.cloud.logins[token_text(picked[0])] == 2);
    CHECK(field.count(Counter::auth_refused) == 2);
    CHECK(field.count(Counter::auth_refused_wrongly) == 0);
    CHECK(field.count(Counter::reconnect_lost) == 0);
    CHECK(field.fleet.snapshot().expected == 4);
    CHECK(field.fleet.snapshot().errors.empty());
}

TEST_CASE("a deleted token that is let in again is accepted wrongly", "[fleet][DEL-03]") {
    Field field(plan_for(Family::modern, 2));
    field.run_until(20);
    field.fleet.was_deleted(0, field.world.now());
    field.cloud.kick_all();
    field.run_until(40);
    CHECK(field.count(Counter::auth_accepted_wrongly) == 1);
    CHECK(field.count(Counter::auth_accepted) == 3);
}

TEST_CASE("9 heard before the answer to the removal is right only when the removal succeeds", "[fleet][DEL-03]") {
    LoadPlan plan = plan_for(Family::modern, 2);
    Happening deletion;
    deletion.kind = Happening::Kind::delete_token;
    deletion.at = 30s;
    plan.happenings = {deletion};
    struct Slow : Operator {
        std::function<void(std::string)> then;
        void perform(Fleet& fleet, Happening const&, std::function<void(std::string)> its_then) override {
            CHECK(fleet.pick(Wanted::online, 2).size() == 2);
            then = std::move(its_then);
        }
    };
    Slow slow;
    Field field(plan);
    FleetOptions options;
    options.target = {"cloud", 8080};
    for (std::uint64_t i = 0; i < 2; ++i) {
        std::string const text = token_text(i);
        std::copy_n(text.begin(), 32, options.tokens.emplace_back().begin());
    }
    Fleet fleet(field.world.loop(), field.network, field.events, plan, options, slow);
    fleet.start(field.begin, [] {});
    field.world.run_until(field.begin + 31s);
    field.cloud.answer = refuse_all;
    field.cloud.kick_all();
    field.world.run_until(field.begin + 40s);
    CHECK(fleet.summary().count(Counter::auth_refused) == 2);
    CHECK(fleet.summary().count(Counter::auth_refused_wrongly) == 0);
    fleet.was_deleted(1, field.world.now());
    slow.then("one of two could not be deleted");
    CHECK(fleet.summary().count(Counter::auth_refused_wrongly) == 1);
    CHECK(fleet.summary().times(Latency::cut_off).count() == 1);
}

TEST_CASE("claims are counted with their place", "[fleet][CLAIM-03]") {
    LoadPlan plan = plan_for(Family::modern, 10);
    plan.populations[0].preclaimed_millionths = 400'000;
    Field field(plan);
    field.run_until(20);
    CHECK(field.fleet.pick(Wanted::online_claimed, 100).size() == 4);
    auto const unclaimed = field.fleet.pick(Wanted::online_unclaimed, 100);
    CHECK(unclaimed.size() == 6);
    CHECK(field.fleet.pick(Wanted::online, 100).empty());
    field.fleet.was_claimed(unclaimed[0], 30ms, true);
    field.fleet.was_claimed(unclaimed[1], 50ms, false);
    CHECK(field.count(Counter::claim_started) == 2);
    CHECK(field.count(Counter::claim_wrong_org) == 1);
    CHECK(field.times(Latency::claim).max() == 50ms);
    CHECK(field.fleet.pick(Wanted::online_claimed, 100).size() == 2);
    field.fleet.claim_failed(unclaimed[2]);
    CHECK(field.count(Counter::claim_started) == 3);
    CHECK(field.count(Counter::claim_failed) == 1);
    CHECK(field.times(Latency::claim).count() == 2);
    CHECK(field.fleet.snapshot().errors.at("claim refused or not answered") == 1);
    CHECK(field.fleet.pick(Wanted::online_unclaimed, 100) == std::vector{unclaimed[2]});
    field.fleet.was_unclaimed(unclaimed[0]);
    field.cloud.kick(token_text(unclaimed[0]));
    field.run_until(40);
    CHECK(field.fleet.pick(Wanted::online_unclaimed, 100) == std::vector{unclaimed[0]});
    CHECK(field.times(Latency::reconnect).count() == 1);
}

TEST_CASE("a claim counts in the phase in which its burst began", "[fleet][CLAIM-03]") {
    PlanText text;
    text.hold = "10s";
    text.leave = "all";
    Field field(plan_of(text));
    field.run_until(8);
    auto const picked = field.fleet.pick(Wanted::online_unclaimed, 2);
    REQUIRE(picked.size() == 2);
    field.run_until(15);
    field.fleet.was_claimed(picked[0], 5s, true);
    field.fleet.claim_failed(picked[1]);
    CHECK(field.count(Counter::claim_started, {"hold", {}}) == 2);
    CHECK(field.count(Counter::claim_failed, {"hold", {}}) == 1);
    CHECK(field.count(Counter::claim_started, {"drain", {}}) == 0);
}

TEST_CASE("devices of which nothing came may be picked again", "[fleet][CLAIM-03]") {
    Field field(plan_for(Family::modern, 6));
    field.run_until(20);
    auto const picked = field.fleet.pick(Wanted::online, 6);
    CHECK(picked.size() == 6);
    field.fleet.was_deleted(picked[0], field.world.now());
    field.fleet.release({picked[0], picked[1], picked[2], 99});
    CHECK(field.fleet.pick(Wanted::online, 6).size() == 2);
}
