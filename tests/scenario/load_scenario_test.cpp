#include "rig/scenario/diagnostics.h"
#include "rig/scenario/link_reader.h"
#include "rig/scenario/load_words.h"
#include "rig/scenario/loader.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace drydock;
using namespace drydock::rig;
using namespace std::chrono_literals;

namespace {

std::string read(std::filesystem::path const& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

constexpr std::string_view k_small = R"(drydock: 1
id: load.small
title: Small
kind: load
seed: 7
links:
  lte-m: {rtt: 80ms, up: 8kbit/s, down: 16Mbit/s, loss: 1.5%, psm: {awake: 20s, sleep: 1h}, metered: true}
  worse: {like: gprs, loss: 10%}
population:
  fleet: {count: 300, link: lte-m, families: cpp, tempers: {steady: 90%, cloned: 10%}, preclaimed: 70%,
          tls: {resume: 60%}, heartbeat: 30s}
  stray: {count: 20, link: worse, families: {cpp: 2, js: 1}, tokens: deleted}
session:
  - {every: 30s, jitter: 20%, do: device.ping}
  - {every: 2m, do: device.report, with: {pin: V4, value: {walk: [-2.5, 8]}}}
phases:
  - {name: ramp, for: 60s, arrive: {from: 0/s, to: 10/s, spacing: poisson}}
  - {name: rush, for: 10s, arrive: {burst: 20}}
  - {name: hold, for: 5m, hold: true}
  - {name: drain, for: 30s, leave: all}
events:
  - {at: hold+3m, do: claim.burst, with: {devices: 50, users: 5}}
  - {at: hold+2m, do: fault.on, with: {target: fleet.link, kind: cell_outage, share: 40%}, for: 20s}
  - {at: 65s, do: server.kill}
thresholds:
  - {metric: auth.latency, agg: p99, le: 400ms, link: worse, phase: hold}
  - {metric: reconnect.recovered, within: 60s, ge: 99.5%, abort_after: 10s, severity: should}
  - {metric: claim.latency, agg: p99, le: 2s}
  - {metric: messages.latency, agg: p99, le: 2s}
sample: {full_evidence: 20, on_failure: 50}
)";

Scenario small() {
    auto loaded = load_scenario("small", k_small);
    INFO(print(loaded.diagnostics, k_small));
    REQUIRE(loaded.diagnostics.empty());
    REQUIRE(loaded.scenario.load.has_value());
    return std::move(loaded.scenario);
}

// The small scenario with one text in the place of another, and what is said about it.
std::string said_with(std::string_view old_text, std::string_view new_text) {
    std::string text(k_small);
    auto const at = text.find(old_text);
    REQUIRE(at != std::string::npos);
    text.replace(at, old_text.size(), new_text);
    auto const loaded = load_scenario("small", text);
    CHECK(loaded.scenario.load.has_value() == loaded.diagnostics.empty());
    return print(loaded.diagnostics, text);
}

// How many complaints there are: each begins at the beginning of a line with the file.
std::ptrdiff_t complaints(std::string const& said) {
    std::ptrdiff_t found = 0;
    for (auto at = said.find("small:"); at != std::string::npos; at = said.find("small:", at + 1)) { ++found; }
    return found;
}

}  // namespace

TEST_CASE("a load scenario becomes the plan of its run", "[scenario][load]") {
    Scenario const scenario = small();
    load::LoadPlan const& plan = *scenario.load;

    CHECK(plan.id == "load.small");
    CHECK(plan.seed == 7);
    CHECK(plan.devices() == 320);
    CHECK(plan.phases.arrivals() == 320);
    CHECK(plan.phases.end() == 400s);
    CHECK(scenario.timeout == 460s);
    CHECK(plan.phase_specs.size() == 4);
    CHECK(plan.sampling.full == 20);
    CHECK(plan.sampling.on_failure == 50);
    CHECK(scenario.steps.empty());
}

TEST_CASE("populations say who takes part over which link", "[scenario][load]") {
    Scenario const scenario = small();
    load::Population const& fleet = scenario.load->populations.at(0);
    load::Population const& stray = scenario.load->populations.at(1);

    CHECK(fleet.name == "fleet");
    CHECK(fleet.families.at(0).what == Family::cpp);
    REQUIRE(fleet.tempers.size() == 2);
    CHECK(fleet.tempers[1].what == load::Temper::cloned);
    CHECK(fleet.tempers[1].weight == 100'000);
    CHECK(fleet.preclaimed_millionths == 700'000);
    CHECK(fleet.has_tls);
    CHECK(fleet.resumed_millionths == 600'000);
    CHECK(fleet.heartbeat == 30s);
    CHECK(stray.fate == load::TokenFate::deleted);
    CHECK(stray.families.at(0).weight == 2);
    CHECK_FALSE(stray.has_tls);
}

TEST_CASE("a scenario's own link stands in the place of the built-in one", "[scenario][load]") {
    Scenario const scenario = small();
    REQUIRE(scenario.load->links.size() == 2);
    LinkProfile const& lte = scenario.load->links[0];
    LinkProfile const& worse = scenario.load->links[1];

    CHECK(lte.round_trip == Spread{80ms, 80ms});
    CHECK(lte.attach == Spread{});
    CHECK(lte.up_bytes == 1'000);
    CHECK(lte.down_bytes == 2'000'000);
    CHECK(lte.loss_millionths == 15'000);
    CHECK(lte.psm_sleep == 1h);
    CHECK(lte.is_metered);
    CHECK(worse.name == "worse");
    CHECK(worse.loss_millionths == 100'000);
    CHECK(worse.round_trip == Spread{500ms, 1500ms});
}

TEST_CASE("events stand in the order of time, with their words", "[scenario][load]") {
    using Kind = load::Happening::Kind;
    Scenario const scenario = small();
    auto const& happenings = scenario.load->happenings;
    REQUIRE(happenings.size() == 3);

    CHECK(happenings[0].kind == Kind::server_kill);
    CHECK(happenings[0].at == 65s);
    CHECK(happenings[1].kind == Kind::cell_outage);
    CHECK(happenings[1].at == 190s);
    CHECK(happenings[1].lasts == 20s);
    CHECK(happenings[1].share_millionths == 400'000);
    CHECK(happenings[1].text == "fault.on fleet.link cell_outage share 40% for 20s at hold+2m");
    CHECK(happenings[2].count == 50);
    CHECK(happenings[2].users == 5);
}

TEST_CASE("a session walks and pings, and thresholds are read with their places", "[scenario][load]") {
    Scenario const scenario = small();
    load::LoadPlan const& plan = *scenario.load;
    REQUIRE(plan.session.size() == 2);
    REQUIRE(plan.thresholds.size() == 4);

    CHECK(plan.session[0].kind == load::Activity::Kind::ping);
    CHECK(plan.session[0].jitter_millionths == 200'000);
    CHECK(plan.session[1].pin == 4);
    CHECK(plan.session[1].walk_low == -2'500);
    CHECK(plan.session[1].walk_high == 8'000);
    CHECK(plan.thresholds[0].where.link == "worse");
    CHECK(plan.thresholds[1].within == 60s);
    CHECK(plan.thresholds[1].severity == load::Severity::should);
}

TEST_CASE("each mistake in a load scenario is told once, with its place", "[scenario][load]") {
    struct Row {
        std::string_view old_text;
        std::string_view new_text;
        std::string_view said;
    };
    for (Row const& row : {
             Row{"count: 300", "count: 299", "small:18:36: 320 devices would have arrived by the end of 'rush'"},
             Row{"count: 300", "count: 301", "small:10:3: the phases bring 320 of these 321 devices"},
             Row{"count: 300", "count: 1000000000000", "'count' is no whole number above zero"},
             Row{"for: 60s", "for: [1]", "'for' must be text"},
             Row{"for: 5m", "for: 8d", "the run would last longer than seven days"},
             Row{"link: worse, fam", "link: wors, fam", "small:12:28: no link is called 'wors'"},
             Row{"link: worse, phase", "link: gprs, phase", "nobody uses a link 'gprs'"},
             Row{"phase: hold", "phase: holt", "no phase is called 'holt'"},
             Row{"cloned: 10%", "cloned: 10", "mixes shares and weights"},
             Row{"cloned: 10%", "cloned: 10.5%", "add up to 100.5%"},
             Row{"heartbeat: 30s", "heartbeat: 1500ms", "whole seconds"},
             Row{"preclaimed: 70%", "preclaimed: 100%", "at most 0 devices are unclaimed then"},
             Row{"devices: 50", "devices: 91", "at most 90 devices are unclaimed then"},
             Row{"at: hold+3m", "at: hold+6m", "is after the end of 'hold'"},
             Row{"at: 65s", "at: 7h", "is outside the run"},
             Row{"fleet.link", "fleet.links", "did you mean 'fleet.link'?"},
             Row{", kind: cell_outage", "", "one of kind: cell_outage half_open"},
             Row{"}, for: 20s", "}", "does not say how long it lasts"},
             Row{"tls: {resume", "tls: {resumed", "did you mean 'resume'?"},
             Row{"agg: p99, le", "agg: p99, lte", "write one of le, ge, lt and gt"},
             Row{"do: claim.burst, with: {devices: 50, users: 5}}", "do: server.kill}",
                 "small:28:14: nobody claims in this run: 'claim.latency' could never be measured"},
             Row{"metric: claim.latency", "metric: cut_off.latency", "no token is deleted"},
             Row{"do: device.ping", "do: device.report, with: {pin: V5, value: {walk: [0, 1]}}",
                 "nobody pings in this run: 'messages.latency' could never be measured"},
             Row{"do: device.ping", "do: device.pong", "did you mean 'device.ping'?"},
             Row{"rtt: 80ms", "rtt: {p50: 80ms}", "needs p50 and p95"},
             Row{"like: gprs", "like: lte-m1", "did you mean 'lte-m'?"},
             Row{"seed: 7", "timeout: 400s", "the phases last 400 s"},
             Row{"seed: 7", "benches: [virtual]\nclock: virtual", "say the same thing"},
         }) {
        std::string const said = said_with(row.old_text, row.new_text);
        INFO(row.new_text << "\n" << said);
        CHECK(said.find(row.said) != std::string::npos);
        CHECK(complaints(said) <= 2);
        CHECK(complaints(said) >= 1);
    }
}

TEST_CASE("the clock of a load scenario chooses its benches", "[scenario][load]") {
    auto const benches_of = [](std::string const& clock) {
        return load_scenario("small", std::string(k_small) + "clock: " + clock + "\n").scenario.benches;
    };
    CHECK(benches_of("wall") == std::vector<std::string>{"loopback", "loopback-tls"});
    CHECK(benches_of("virtual") == std::vector<std::string>{"virtual"});
    CHECK(small().benches.empty());
}

TEST_CASE("the program carries every profile of fixtures/links", "[scenario][link]") {
    std::vector<std::string> files;
    for (auto const& entry : std::filesystem::directory_iterator(DRYDOCK_SOURCE "/fixtures/links")) {
        if (entry.path().extension() != ".yaml") { continue; }
        std::string const text = read(entry.path());
        auto const link = read_link(entry.path().filename().string(), text);
        INFO(print(link.diagnostics, text));
        CHECK(link.diagnostics.empty());
        CHECK(entry.path().stem() == link.link.name);
        auto const& known = built_in_links();
        CHECK(std::find(known.begin(), known.end(), link.link) != known.end());
        CHECK(text.starts_with("# "));
        files.push_back(link.link.name);
    }
    CHECK(files.size() == built_in_links().size());
}

TEST_CASE("a link file that is wrong says where", "[scenario][link]") {
    CHECK(print(read_link("odd.yaml", "name: odd\nrtt: 5\n").diagnostics, "").starts_with("odd.yaml:2:6: 'rtt'"));
    CHECK(read_link("odd.yaml", "name: odd\n").diagnostics.size() == 1);
    CHECK(read_link("odd.yaml", "rtt: 5ms\n").diagnostics.size() == 1);
    CHECK(read_link("odd.yaml", "name: odd\nlike: gprs\n").diagnostics.size() == 1);
    CHECK(read_link("odd.yaml", "").diagnostics.size() == 1);
    CHECK(read_link("odd.yaml", "name: 2g\nrtt: 5ms\n").diagnostics.size() == 1);
}

TEST_CASE("every word of a device's family is one the firmware knows", "[scenario][load]") {
    for (auto const& word : family_words()) { CHECK(family_from(word.name) == word.what); }
}
