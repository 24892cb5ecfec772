#include "reports/read/read.h"

#include "reports/load_sample.h"
#include "reports/write/write.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

using namespace drydock::report;
using drydock::report::test::load_sample;
using drydock::report::test::virtual_load_sample;

namespace json = boost::json;

namespace {

// With something in every member, as a functional and as a load case.
RunRecord full_record() {
    RunRecord run = load_sample(Verdict::fail);
    run.seed = std::numeric_limits<std::uint64_t>::max();
    run.cases.front().load->shards = {{0, 3}, {2, 3}};
    run.cases.front().load->memory_slope_kib_per_min = -12.25;
    run.cases.front().load->ended_early = "gave_up";
    CaseRecord one;
    one.id = "claim.basic";
    one.file = "scenarios/claim.scenario.yaml";
    one.bench = "virtual";
    one.event_log_hash = 0x0123456789abcdef;
    one.verdict = Verdict::infrastructure;
    StepRecord step;
    step.id = "mint";
    step.file = one.file;
    step.line = 12;
    step.time_to_true_ms = 2.5;
    step.covers = {"GEN-02"};
    step.note = "\xc3\xa9";
    step.checks = {{CheckKind::never, "box.online", "never true", "false", true}};
    one.steps.push_back(step);
    one.events = {{0.125, "box", "device.online", {{"org", "maker"}, {"epoch", "1"}}}};
    run.cases.push_back(one);
    return run;
}

// Whole numbers and texts exactly; numbers with a fraction to the parser's last digit.
bool is_same(json::value const& a, json::value const& b) {
    if (a.is_double() && b.is_double()) {
        return std::abs(a.get_double() - b.get_double()) <= 1e-14 * std::abs(a.get_double());
    }
    if (a.kind() != b.kind()) { return false; }
    if (a.is_array()) {
        json::array const& x = a.get_array();
        json::array const& y = b.get_array();
        return std::equal(x.begin(), x.end(), y.begin(), y.end(), is_same);
    }
    if (a.is_object()) {
        json::object const& x = a.get_object();
        json::object const& y = b.get_object();
        return x.size() == y.size() && std::all_of(x.begin(), x.end(), [&](auto const& member) {
                   json::value const* const other = y.if_contains(member.key());
                   return other != nullptr && is_same(member.value(), *other);
               });
    }
    return a == b;
}

std::string damaged(std::function<void(json::value&)> const& damage) {
    json::value value = json::parse(write_json(full_record()));
    damage(value);
    return read_run(json::serialize(value)).error;
}

}  // namespace

TEST_CASE("a record that was written and read is the record that was written", "[report]") {
    std::vector<RunRecord> samples{virtual_load_sample()};
    for (Verdict const verdict : load_verdicts()) { samples.push_back(load_sample(verdict)); }
    for (RunRecord const& sample : samples) {
        std::string const text = write_json(sample);
        ReadResult const read = read_run(text);
        INFO(read.error);
        REQUIRE(read.run);
        CHECK(is_same(json::parse(write_json(*read.run)), json::parse(text)));
    }
    std::string const text = write_json(full_record());
    ReadResult const read = read_run(text + "\n");
    INFO(read.error);
    REQUIRE(read.run);
    CHECK(is_same(json::parse(write_json(*read.run)), json::parse(text)));
    CHECK(read.run->seed == std::numeric_limits<std::uint64_t>::max());
    CHECK(read.run->cases.back().event_log_hash == 0x0123456789abcdef);
    CHECK(read.run->cases.front().load->shards.size() == 2);
}

TEST_CASE("what was not measured in virtual time is absent from the record, and absent again when it is read",
          "[report]") {
    std::string const text = write_json(virtual_load_sample());
    for (auto const* name : {"server_cpu", "server_rss_mib", "generator_cpu", "memory_slope_kib_per_min"}) {
        CHECK(text.find(name) == std::string::npos);
    }
    ReadResult const read = read_run(text);
    REQUIRE(read.run);
    CHECK_FALSE(read.run->cases.front().load->ticks.front().server_cpu);
    CHECK_FALSE(read.run->cases.front().load->memory_slope_kib_per_min);
}

TEST_CASE("what a record must not be is refused with its place", "[report]") {
    auto const load = [](json::value& run) -> json::value& { return run.at("cases").at(0).at("load"); };
    CHECK(damaged([](json::value& run) { run.as_object()["drydock_run"] = 2; }) ==
          "drydock_run: this version of drydock reads format 1, not 2");
    CHECK(damaged([](json::value& run) { run.as_object().erase("seed"); }) == "seed: is missing");
    CHECK(damaged([](json::value& run) { run.as_object()["mood"] = "fine"; }) ==
          "mood: this version of drydock knows no such member");
    CHECK(damaged([&](json::value& run) { load(run).at("ticks").at(7).as_object()["online"] = "many"; }) ==
          "cases[0].load.ticks[7].online: a whole number from 0 was expected, not text");
    CHECK(damaged([&](json::value& run) { load(run).at("ticks").at(0).as_object()["online"] = -1; }) ==
          "cases[0].load.ticks[0].online: a whole number from 0 was expected, not -1");
    CHECK(damaged([&](json::value& run) { load(run).at("ticks").at(0).as_object()["at_s"] = -0.5; }) ==
          "cases[0].load.ticks[0].at_s: the number is below zero");
    CHECK(damaged([&](json::value& run) { load(run).as_object()["verdict"] = "mostly"; }) ==
          "cases[0].load.verdict: 'mostly' is none of PASS, NON-STRICT, FAIL, INCONCLUSIVE");
    CHECK(damaged([&](json::value& run) {
              load(run).at("rows").at(0).at("counts").as_object()["UP"] = 1;
          }).starts_with("cases[0].load.rows[0].counts.UP: is no plain name"));
    CHECK(damaged([&](json::value& run) { load(run).at("shards").at(0).as_object()["index"] = 3; }) ==
          "cases[0].load.shards[0].index: is not below `of`");
    CHECK(damaged([&](json::value& run) { load(run).at("heat_bounds_ms").as_array().clear(); }) ==
          "cases[0].load.ticks: `heat` has more columns than heat_bounds_ms makes");
    CHECK(damaged([](json::value& run) { run.at("cases").at(1).as_object()["event_log_hash"] = "12"; }) ==
          "cases[1].event_log_hash: is not 16 hexadecimal digits");
    CHECK(damaged([](json::value& run) {
              run.as_object()["started"] = "yesterday";
          }).starts_with("started: is no time in UTC"));
    CHECK(damaged([](json::value& run) { run = json::array(); }) == "run.json: an object was expected, not a list");
}

TEST_CASE("what is no JSON, or is too much of it, is refused", "[report]") {
    CHECK(read_run("").error.find("not JSON") != std::string::npos);
    CHECK(read_run("{\"drydock_run\": 1").error.find("not JSON") != std::string::npos);
    CHECK(read_run("{}\n\n nonsense").error == "line 3, byte 5: not JSON: something follows the record");
    CHECK(read_run(std::string(100000, '[')).error.find("not JSON") != std::string::npos);
    CHECK(read_run(std::string(k_run_bytes_max + 1, ' ')).error == "more than 128 MiB: no run.json is so long");
    // Every beginning of a record ends in an error, never in a record.
    std::string const text = write_json(full_record());
    for (std::size_t size = 0; size < text.size(); size += 997) { REQUIRE(!read_run(text.substr(0, size)).run); }
}
