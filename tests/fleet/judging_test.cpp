// What is the cloud's fault, and what is the network's, the plan's or the generator's.
#include "tests/fleet/field.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <array>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace drydock::test;
using namespace std::chrono_literals;

LoadPlan plan_for(std::uint64_t count, std::vector<Happening> happenings = {}) {
    LoadPlan plan = plan_of({count, std::to_string(count) + "/s", "1s", "5m", {}});
    plan.populations[0].heartbeat = 30s;
    Activity ping;
    ping.every = 10s;
    plan.session = {ping};
    plan.happenings = std::move(happenings);
    return plan;
}

Happening happening(Happening::Kind kind, Duration at, Duration lasts = {}) {
    Happening what;
    what.kind = kind;
    what.at = at;
    what.lasts = lasts;
    what.text = "it";
    return what;
}

LoadPlan with_temper(LoadPlan plan, Temper temper) {
    plan.populations[0].tempers = {{temper, 1}};
    return plan;
}

using Kind = Happening::Kind;
constexpr double k_end = 302;

// Has no room for a connection, or never an outcome for one.
struct StuckDialer : Dialer {
    explicit StuckDialer(World& its_world) : world(its_world) {}
    void connect(Address, OnConnect then) override {
        if (!failure) { return waiting.push_back(std::move(then)); }
        boost::asio::post(world.loop().executor, [then = std::move(then), why = failure] { then(why); });
    }
    World& world;
    error_code failure;
    std::vector<OnConnect> waiting;
};

}  // namespace

TEST_CASE("a connection that outlives the absence of its server is not forgiven for ever", "[fleet]") {
    Field field(plan_for(4));
    field.run_until(20);
    field.fleet.server_is_away(true);
    field.run_until(25);
    field.fleet.server_is_away(false);
    field.run_until(50);
    field.cloud.is_silent = true;
    field.run_until(120);
    CHECK(field.count(Counter::messages_lost) >= 4);
    CHECK_FALSE(field.fleet.snapshot().errors.contains("lost while the server was away"));
}

TEST_CASE("what was lost just before the server came back is still forgiven", "[fleet]") {
    Field field(plan_for(4));
    field.run_until(20);
    field.fleet.server_is_away(true);
    field.cloud.is_silent = true;
    field.run_until(32);
    field.fleet.server_is_away(false);
    field.cloud.is_silent = false;
    field.run_until(120);
    CHECK(field.count(Counter::messages_lost) == 0);
    CHECK(field.fleet.snapshot().errors.at("lost while the server was away") >= 4);
}

TEST_CASE("a deleted device that is never cut off is counted at the end", "[fleet][DEL-03]") {
    Field field(plan_for(3));
    field.run_until(20);
    field.fleet.was_deleted(1, field.world.now());
    field.run_until(k_end);
    CHECK(field.is_finished);
    CHECK(field.count(Counter::cut_off_missing) == 1);
    CHECK(field.fleet.snapshot().errors.at("not cut off after its token was deleted") == 1);
    CHECK(has_wrong_answers(field.fleet.summary()));
}

TEST_CASE("a deleted device that goes silent was not cut off when it had been time", "[fleet][DEL-03]") {
    for (Kind const kind : {Kind::half_open, Kind::power_cut}) {
        Field field(plan_for(3, {happening(kind, 60s, 5s)}));
        field.cloud.answer = [](std::string_view) -> std::uint16_t { return 200; };
        field.run_until(20);
        field.fleet.was_deleted(0, field.world.now());
        field.run_until(57);
        field.fleet.was_deleted(1, field.world.now());
        field.run_until(61);
        CHECK(field.count(Counter::cut_off_missing) == 1);
        CHECK(field.times(Latency::cut_off).count() == 0);
    }
}

TEST_CASE("a dead token is told 9 and nothing else", "[fleet][AUTH-07]") {
    LoadPlan plan = plan_for(2);
    plan.populations[0].fate = TokenFate::unknown;
    Field field(plan);
    field.cloud.answer = [](std::string_view) -> std::uint16_t { return 19; };
    field.run_until(4);
    CHECK(field.count(Counter::protocol_broken) == 2);
    CHECK(field.count(Counter::auth_refused) == 0);
    field.fleet.server_is_away(true);
    field.run_until(20);
    CHECK(field.fleet.snapshot().errors.contains("lost while the server was away"));
}

TEST_CASE("a ping is answered with 200 and nothing else", "[fleet]") {
    // The second is what ends the connection.
    for (std::uint16_t const status : {std::uint16_t{2}, std::uint16_t{5}}) {
        Field field(plan_for(1));
        field.cloud.ping_status = status;
        field.run_until(11);
        CHECK(field.count(Counter::messages_sent) == 1);
        CHECK(field.count(Counter::protocol_broken) == 1);
        CHECK(field.times(Latency::messages).count() == 0);
    }
}

TEST_CASE("a login that loses its cell is not the cloud's loss", "[fleet]") {
    Field field(plan_for(4, {happening(Kind::cell_outage, 60s, 20s)}));
    field.run_until(54.9);
    field.cloud.is_silent = true;
    field.cloud.kick_all();
    field.run_until(70);
    CHECK(field.count(Counter::auth_started) == 8);
    CHECK(field.count(Counter::auth_lost) == 0);
    CHECK(field.count(Counter::connect_failed) == 0);
    CHECK(field.fleet.snapshot().errors.at("lost with its way") == 4);
    field.cloud.is_silent = false;
    field.run_until(100);
    CHECK(field.cloud.online() == 4);
}

TEST_CASE("the later end of two outages counts, and a power cut ends none", "[fleet]") {
    Field field(plan_for(4, {happening(Kind::cell_outage, 60s, 60s), happening(Kind::cell_outage, 70s, 10s),
                             happening(Kind::power_cut, 90s, 5s), happening(Kind::power_cut, 92s, 10s)}));
    field.run_until(119);
    CHECK(field.times_of("device.has_cell").empty());
    CHECK(field.times_of("device.lost_power") == std::vector<double>(4, 90.0));
    CHECK(field.fleet.snapshot().online == 0);
    field.run_until(200);
    CHECK(field.times_of("device.has_cell") == std::vector<double>(4, 120.0));
    CHECK(field.fleet.snapshot().online == 4);
    CHECK(field.count(Counter::connect_failed) == 0);
    auto const booted = field.times_of("device.booted");
    REQUIRE(booted.size() == 8);
    CHECK(booted.back() == 102);
}

TEST_CASE("bad devices that cannot hear their close blame nobody, and go on afterwards", "[fleet]") {
    for (Temper const temper : {Temper::half_login, Temper::malformed}) {
        for (Kind const kind : {Kind::cell_outage, Kind::half_open}) {
            // Several times: some are about to be closed.
            std::vector<Happening> all;
            for (int i = 0; i < 5; ++i) { all.push_back(happening(kind, 40s + i * 7s, 3s)); }
            Field field(with_temper(plan_for(20, all), temper));
            field.run_until(200);
            std::uint64_t const before = field.cloud.connections;
            field.run_until(k_end);
            CHECK(field.cloud.connections >= before + 40);
            CHECK(field.count(Counter::bad_device_kept) == 0);
            CHECK_FALSE(field.fleet.snapshot().errors.contains("bad device was not closed"));
        }
    }
}

TEST_CASE("a machine that is full is not the cloud's failure", "[fleet]") {
    Field other(plan_for(1));
    StuckDialer dialer(other.world);
    FleetOptions options;
    options.tokens.resize(2);
    LoadPlan const plan = plan_for(2);
    std::array<error_code, 2> const failures{
        boost::asio::error::no_descriptors,
        boost::system::errc::make_error_code(boost::system::errc::address_not_available)};
    for (error_code const failure : failures) {
        dialer.failure = failure;
        Fleet fleet(other.world.loop(), dialer, other.events, plan, options, other);
        fleet.start(other.world.now(), [] {});
        other.world.run_until(other.world.now() + 4s);
        CHECK(fleet.summary().count(Counter::connect_started) == 2);
        CHECK(fleet.summary().count(Counter::connect_failed) == 0);
        CHECK(fleet.snapshot().errors == std::map<std::string, std::uint64_t>{{std::string(k_machine_full), 2}});
    }
}

TEST_CASE("a connection without an outcome is expected from when its device is attached", "[fleet]") {
    Field other(plan_for(1));
    StuckDialer dialer(other.world);
    FleetOptions options;
    options.tokens.resize(2);
    LoadPlan plan = plan_for(2);
    plan.links[0].attach = Spread{5s, 5s};
    Fleet fleet(other.world.loop(), dialer, other.events, plan, options, other);
    TimePoint const begin = other.world.now();
    fleet.start(begin, [] {});
    other.world.run_until(begin + 4s);
    CHECK(fleet.snapshot().expected == 0);
    other.world.run_until(begin + 8s);
    CHECK(fleet.snapshot().expected == 2);
    CHECK(fleet.summary().count(Counter::online_expected) >= 2);
}

TEST_CASE("what was under way when the power was cut is not lost by the cloud", "[fleet]") {
    Field field(plan_for(8, {happening(Kind::power_cut, 60s, 5s)}));
    field.run_until(49);
    field.cloud.is_silent = true;
    field.run_until(61);
    CHECK(field.count(Counter::messages_sent) >= 8);
    CHECK(field.count(Counter::messages_lost) == 0);
}
