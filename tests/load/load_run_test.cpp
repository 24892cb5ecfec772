// Load runs as the rig plays them: in virtual time, and the parts of those on sockets.
#include "rig/load/load_run.h"

#include "rig/load/api_answers.h"
#include "rig/load/foreign_tokens.h"
#include "rig/load/line_channel.h"
#include "rig/load/server_watch.h"
#include "rig/load/shared_time.h"
#include "rig/load/tick_board.h"
#include "rig/load/worker_pool.h"
#include "server/base/real_loop.h"
#include "tests/support/temp_dir.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <unistd.h>

using namespace drydock;
using namespace drydock::rig;
using namespace std::chrono_literals;

namespace {

LoadRunOptions virtual_run_of(std::string const& parts) {
    LoadRunOptions options;
    options.plan.file = "test.scenario.yaml";
    options.plan.scenario =
        "drydock: 1\nid: test.load\ntitle: A test\nkind: load\nseed: 7\n"
        "phases:\n  - {name: ramp, for: 10s, arrive: {from: 10/s}}\n  - {name: hold, for: 40s}\n" +
        parts;
    options.bench = "virtual";
    return options;
}

std::uint64_t count_of(report::LoadRecord const& record, std::string_view name) {
    std::uint64_t sum = 0;
    for (report::LoadRow const& row : record.rows) {
        for (auto const& [key, count] : row.counts) { sum += key == name ? count : 0; }
    }
    return sum;
}

std::string outcomes_of(report::LoadRecord const& record) {
    std::string text;
    for (report::LoadEvent const& event : record.events) { text += event.text + " -> '" + event.outcome + "'\n"; }
    return text;
}

constexpr char const* k_busy_day =
    "population: {fleet: {count: 100, link: ethernet, preclaimed: 30%}}\n"
    "events:\n"
    "  - {at: hold+2s, do: tokens.create, with: {count: 50}}\n"
    "  - {at: hold+3s, do: claim.burst, with: {devices: 40, users: 40}}\n"
    "  - {at: hold+5s, do: device.release, with: {devices: 20}}\n"
    "  - {at: hold+10s, do: tokens.disclaim, with: {devices: 10}}\n"
    "  - {at: hold+12s, do: tokens.delete, with: {devices: 15}}\n"
    "  - {at: hold+20s, do: server.kill}\n"
    "  - {at: hold+32s, do: fault.on, with: {target: server.store}, for: 5s}\n"
    "thresholds:\n"
    "  - {metric: auth.refused_wrongly, le: 0}\n"
    "  - {metric: claim.wrong_org, le: 0}\n"
    "  - {metric: cut_off.latency, agg: max, le: 1s}\n"
    "  - {metric: reconnect.recovered, within: 20s, ge: 99%}\n";

constexpr char const* k_quiet_day =
    "population: {fleet: {count: 100, link: ethernet}}\n"
    "thresholds:\n  - {metric: auth.refused_wrongly, le: 0}\n";

}  // namespace

TEST_CASE("customers, the maker and a killed server do as the plan says, in virtual time", "[load][world][CLAIM-06]") {
    auto const outcome = play_virtual_load(virtual_run_of(k_busy_day));

    report::LoadRecord const& record = outcome.record;
    INFO(outcomes_of(record) << record.sentence);
    CHECK(record.verdict == report::Verdict::pass);
    // No process there to look at.
    CHECK(std::none_of(record.ticks.begin(), record.ticks.end(), [](report::LoadTick const& tick) {
        return tick.server_cpu || tick.server_rss_mib || tick.generator_cpu;
    }));
    CHECK_FALSE(record.memory_slope_kib_per_min);
    CHECK(record.events.size() == 7);
    CHECK(std::all_of(record.events.begin(), record.events.end(), [](auto const& one) { return one.outcome.empty(); }));
    CHECK(count_of(record, "claim.started") == 40);
    CHECK(count_of(record, "reconnect.lost") == 30 + 85);  // released and disclaimed, then all that are left
    CHECK(record.ticks.size() == 50);
    CHECK(record.ticks.back().online == 85);
    CHECK(outcome.lasted == 50s);
}

TEST_CASE("the same seed gives the same load run", "[load][world]") {
    auto const options = virtual_run_of(std::string(k_busy_day) + "sample: {full_evidence: 100}\n");
    auto const first = play_virtual_load(options);
    auto const again = play_virtual_load(options);
    auto other_options = options;
    other_options.plan.seed = 8;
    auto const other = play_virtual_load(other_options);

    CHECK(first.event_log_hash == again.event_log_hash);
    CHECK(first.event_log_hash != other.event_log_hash);
    CHECK_FALSE(first.events.empty());
}

TEST_CASE("a threshold that cannot be met fails the load run", "[load][world]") {
    auto const outcome =
        play_virtual_load(virtual_run_of("population: {fleet: {count: 100, link: ethernet}}\n"
                                         "thresholds:\n  - {metric: auth.latency, agg: p50, le: 1ms}\n"));

    CHECK(outcome.record.verdict == report::Verdict::fail);
    CHECK_FALSE(outcome.has_wrong_answers);
    CHECK(outcome.record.sentence.starts_with("auth.latency p50 le 1ms: observed"));
}

TEST_CASE("a run that misses a threshold for too long is given up", "[load][world]") {
    auto const outcome = play_virtual_load(
        virtual_run_of("population: {fleet: {count: 100, link: ethernet}}\n"
                       "thresholds:\n  - {metric: auth.latency, agg: p50, le: 1ms, abort_after: 5s}\n"));

    CHECK(outcome.record.verdict == report::Verdict::fail);
    CHECK(outcome.record.sentence.starts_with("given up after"));
    CHECK(outcome.record.ticks.size() < 10);
}

TEST_CASE("a cloud that says 9 while its store is down is caught by its devices", "[load][world][AUTH-08]") {
    auto options = virtual_run_of(
        "population: {fleet: {count: 100, link: ethernet}}\n"
        "events:\n  - {at: hold+2s, do: fault.on, with: {target: server.store}, for: 30s}\n"
        "  - {at: hold+4s, do: fault.on, with: {target: fleet.power, share: 50%}, for: 5s}\n"
        "thresholds:\n  - {metric: auth.refused_wrongly, le: 0}\n");
    options.faulty = FaultyServer::invalid_token_while_down;

    auto const outcome = play_virtual_load(options);

    CHECK(outcome.has_wrong_answers);
    CHECK(outcome.record.verdict == report::Verdict::fail);
}

TEST_CASE("a burst that could not be played is no plain pass, and two alike are both told", "[load][world]") {
    auto const outcome = play_virtual_load(
        virtual_run_of("population: {fleet: {count: 100, link: ethernet}}\n"
                       "events:\n"
                       "  - {at: hold+2s, do: claim.burst, with: {devices: 30, users: 30}}\n"
                       "  - {at: hold+2s, do: claim.burst, with: {devices: 30, users: 30}}\n"
                       "thresholds:\n  - {metric: claim.wrong_org, le: 0}\n  - {metric: claim.fail_ratio, le: 0}\n"));

    INFO(outcomes_of(outcome.record) << outcome.record.sentence);
    CHECK(outcome.record.events.size() == 2);
    CHECK(outcome.record.verdict == report::Verdict::non_strict);
    CHECK(outcome.record.sentence.find("not everything happened as planned: ") == 0);
    CHECK(count_of(outcome.record, "claim.started") == 30);
}

TEST_CASE("a customer's wait for his turn is part of his claim's time", "[load][world]") {
    auto const outcome =
        play_virtual_load(virtual_run_of("population: {fleet: {count: 100, link: ethernet}}\n"
                                         "events:\n  - {at: hold+2s, do: claim.burst, with: {devices: 20, users: 1}}\n"
                                         "thresholds:\n  - {metric: claim.wrong_org, le: 0}\n"));

    double p50 = 0;
    double max = 0;
    for (report::LoadRow const& row : outcome.record.rows) {
        for (auto const& [name, times] : row.times) {
            if (name != "claim") { continue; }
            p50 = times.p50;
            max = times.max;
        }
    }
    CHECK(p50 > 0);
    CHECK(max > 1.5 * p50);
}

TEST_CASE("shards of a load run in virtual time hold all devices once", "[load][world]") {
    auto options = virtual_run_of(k_quiet_day);
    std::uint64_t accepted = 0;
    for (std::uint64_t i = 0; i < 3; ++i) {
        options.shard = {i, 3};
        auto const outcome = play_virtual_load(options);
        CHECK(outcome.record.shards.front() == report::LoadShard{i, 3});
        accepted += count_of(outcome.record, "auth.accepted");
    }

    CHECK(accepted == 100);
}

TEST_CASE("an interrupted load run tells what it saw", "[load][world]") {
    std::atomic<bool> is_interrupted = false;
    auto options = virtual_run_of(k_quiet_day);
    options.is_interrupted = &is_interrupted;
    options.on_progress = [&](LoadProgress const& progress) { is_interrupted = progress.at >= 8s; };

    auto const outcome = play_virtual_load(options);

    CHECK(outcome.is_interrupted);
    CHECK(outcome.record.verdict == report::Verdict::inconclusive);
    CHECK(outcome.record.ticks.size() == 8);
    CHECK(count_of(outcome.record, "auth.accepted") > 50);
}

TEST_CASE("workers follow from open files and cores", "[load][sizing]") {
    CHECK(workers_for(5'000, {20'000, 2}, Whose::ours, 0).workers == 1);
    CHECK(workers_for(50'000, {20'000, 2}, Whose::foreign, 0).workers == 3);
    CHECK(workers_for(15'000, {100'000, 8}, Whose::ours, 0).workers == 2);
    CHECK(workers_for(10, {20'000, 8}, Whose::ours, 4).workers == 4);
    CHECK(workers_for(3, {20'000, 8}, Whose::ours, 4).workers == 3);
    CHECK(workers_for(30'000, {20'000, 2}, Whose::ours, 0).refusal.find("the limit is 20000") != std::string::npos);
    CHECK(workers_for(1, {100, 2}, Whose::foreign, 0).refusal.find("open files") != std::string::npos);
    CHECK(workers_for(50'000, {20'000, 2}, Whose::foreign, 2).refusal.find("at least 3 workers") != std::string::npos);
}

TEST_CASE("seconds of workers are told in order, and a late one loses nothing", "[load][workers]") {
    std::vector<std::pair<Duration, FleetLook>> told;
    TickBoard board(2, [&](Duration at, FleetLook look) { told.emplace_back(at, std::move(look)); });
    auto const tick = [](std::size_t worker, std::uint64_t number, std::uint64_t online) {
        WorkerTick one;
        one.worker = worker;
        one.number = number;
        one.at = std::chrono::seconds(number);
        one.online = online;
        one.repeated_connects = number;
        one.cores = 0.25;
        one.fresh.cell("ramp", "ethernet").add(load::Counter::auth_accepted, 1);
        return one;
    };

    board.add(tick(0, 1, 5));
    CHECK(told.empty());
    board.add(tick(1, 1, 7));
    REQUIRE(told.size() == 1);
    CHECK(told.front().second.online == 12);
    CHECK(told.front().second.cores == std::vector<double>{0.25, 0.25});
    for (std::uint64_t number = 2; number <= 7; ++number) { board.add(tick(0, number, 5)); }
    CHECK(told.size() == 2);  // the other one is too far behind to be waited for
    board.add(tick(1, 2, 8));
    board.close_all();

    std::uint64_t accepted = 0;
    for (auto const& [at, look] : told) { accepted += look.fresh.count(load::Counter::auth_accepted); }
    CHECK(accepted == 9);
    CHECK(told.back().second.online == 13);
    CHECK(told.back().second.repeated_connects == 9);  // since the beginning, of both as last seen
}

TEST_CASE("workers give back what was picked in vain, and both of two equal events are asked for", "[load][workers]") {
    test::TempDir dir;
    auto const program = dir.path() / "worker";
    std::ofstream(program) << R"(#!/bin/sh
read -r plan
case "$plan" in *'"shard":[0,2]'*) me=0 ;; *) me=1 ;; esac
echo '{"say":"ready"}'
echo '{"say":"asked","number":0}'
echo '{"say":"asked","number":1}'
while read -r line; do
    case "$line" in
        *'"do":"pick"'*) echo "{\"say\":\"picked\",\"id\":1,\"devices\":[$me,$((me + 2))]}" ;;
        *'"do":"release","devices":'*) echo "{\"say\":\"asked\",\"number\":2}" ;;
        *'"do":"away"'*) echo '{"say":"known","id":2}' ;;
    esac
done
)";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    RealLoop real;
    WorkerSetup setup;
    setup.program = program;
    std::vector<std::size_t> asked;
    WorkerPool::Told told;
    told.asked = [&](std::size_t happening) { asked.push_back(happening); };
    WorkerPool pool(
        real.loop(), setup, 2, [](load::Shard) { return std::vector<load::TokenText>(); }, std::move(told));
    auto const wait = [&](auto const& is_done) {
        while (!is_done() && pool.failure().empty()) { real.reactor().run_one(); }
        REQUIRE(pool.failure().empty());
    };
    wait([&] { return asked.size() == 2; });
    CHECK(asked == std::vector<std::size_t>{0, 1});

    std::vector<std::uint64_t> picked;
    pool.pick(load::Wanted::online, 2, [&](std::vector<std::uint64_t> devices) { picked = std::move(devices); });
    wait([&] { return asked.size() == 3; });  // both were told to release one
    CHECK(std::set<std::uint64_t>(picked.begin(), picked.end()) == std::set<std::uint64_t>{0, 1});

    bool is_known = false;
    pool.server_is_away(true, [&] { is_known = true; });
    CHECK_FALSE(is_known);
    wait([&] { return is_known; });
}

TEST_CASE("an instant is the same for two loops", "[load][workers]") {
    RealLoop first;
    RealLoop second;
    TimePoint const instant = first.loop().clock.now() + 1h;

    TimePoint const there = from_shared(second.loop().clock, to_shared(first.loop().clock, instant));

    // Both loops count from their own beginning; clocks are read one after the other.
    Duration const apart = (there - second.loop().clock.now()) - (instant - first.loop().clock.now());
    CHECK(std::chrono::abs(apart) < 10s);
}

TEST_CASE("a server's processor time is not read twice in a moment", "[load][watch]") {
    ServerWatch watch;
    TimePoint const begin{};
    CHECK_FALSE(watch.look(::getpid(), begin).has_value());
    CHECK_FALSE(watch.look(::getpid(), begin + 100ms).has_value());
    CHECK(watch.look(::getpid(), begin + 500ms).has_value());
    CHECK_FALSE(watch.look(::getpid(), begin + 510ms).has_value());
}

TEST_CASE("answers of another shape than the API's are seen as such", "[load][tokens]") {
    auto const parsed = [](char const* text) { return boost::json::parse(text); };
    CHECK(first_template_in(parsed(R"({"content":[{"id":4}]})")) == 4);
    CHECK(first_template_in(parsed(R"({"content":[]})")) == 0);
    CHECK_FALSE(first_template_in(parsed(R"({"content":[{"id":"4"}]})")).has_value());
    CHECK_FALSE(first_template_in(parsed("null")).has_value());
    CHECK(id_in(parsed(R"({"id":4})")) == 4);
    CHECK_FALSE(id_in(parsed(R"({"id":-4})")).has_value());
    CHECK(minted_in(parsed(R"({"tokens":[1,2]})"), 2) == std::vector<std::uint64_t>{1, 2});
    CHECK_FALSE(minted_in(parsed(R"({"tokens":[1,2,3]})"), 2).has_value());
    CHECK_FALSE(minted_in(parsed(R"({"tokens":[]})"), 2).has_value());
    CHECK_FALSE(minted_in(parsed(R"({"tokens":[1.5]})"), 2).has_value());
    boost::json::value good{{"auth_token", std::string(32, 'a')}};
    CHECK(auth_token_in(good).has_value());
    good.as_object()["auth_token"] = std::string(31, 'a');
    CHECK_FALSE(auth_token_in(good).has_value());
}

TEST_CASE("lines between rig and workers arrive whole, and nonsense ends the channel", "[load][workers]") {
    RealLoop real;
    std::array<int, 2> there{};
    std::array<int, 2> back{};
    REQUIRE(::pipe(there.data()) == 0);
    REQUIRE(::pipe(back.data()) == 0);
    int const raw = ::dup(there[1]);
    std::vector<std::string> heard;
    bool is_over = false;
    LineChannel sender(real.loop(), back[0], there[1]);
    LineChannel receiver(real.loop(), there[0], back[1]);
    receiver.start([&](boost::json::object message) { heard.push_back(boost::json::serialize(message)); },
                   [&] { is_over = true; });
    std::string const long_text(300'000, 'x');
    sender.send({{"say", "first"}});
    sender.send({{"say", long_text}});
    while (heard.size() < 2) { real.reactor().run_one(); }
    CHECK(heard[0] == R"({"say":"first"})");
    CHECK(heard[1].size() == long_text.size() + 10);

    REQUIRE(::write(raw, "[1]\n", 4) == 4);
    while (!is_over) { real.reactor().run_one(); }
    ::close(raw);

    CHECK(heard.size() == 2);
}

TEST_CASE("a file of tokens is read by line and refused without showing what stands there", "[load][tokens]") {
    test::TempDir dir;
    auto const path = dir.path() / "tokens";
    std::string const good(32, 'a');
    std::ofstream(path) << good << "\r\n" << std::string(32, 'b') << "\n" << std::string(32, 'c') << "\n";

    auto const second = tokens_from_file(path, 3, {1, 2});
    REQUIRE(second.size() == 1);
    CHECK(second.front()[0] == 'b');
    CHECK_THROWS_WITH(tokens_from_file(path, 4, {}), Catch::Contains("holds 3 tokens, and 4 devices"));

    std::ofstream(path) << good << "\nhunter2\n";
    CHECK_THROWS_WITH(tokens_from_file(path, 2, {}), Catch::Contains(":2:") && !Catch::Contains("hunter2"));
}
