// How a flow scenario ends when it does not simply pass: what its record says then.
#include "reports/write/write.h"
#include "rig/run/runner.h"
#include "rig/scenario/actor_words.h"
#include "rig/scenario/loader.h"
#include "rig/verbs/table.h"
#include "server/base/spawn.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

using namespace drydock;
using namespace drydock::rig;
using report::Verdict;

namespace {

std::atomic<bool> g_is_interrupted = false;

// As Ctrl-C in the middle of a step that would last for long.
awaitable<Outcome> interrupt(StepContext context) {
    g_is_interrupted = true;
    Clock& clock = context.bench().loop().clock;
    co_await sleep_until(clock, clock.now() + std::chrono::hours(1));
    co_return Outcome{};
}

awaitable<Outcome> break_down(StepContext) { throw InfrastructureError("the bench burns"); }

std::vector<Verb> verbs() {
    auto const table = verb_table();
    std::vector<Verb> all(table.begin(), table.end());
    all.push_back({{"test.interrupt", {}, {}, {}, {}, {}, "Ctrl-C."}, &interrupt});
    all.push_back({{"test.break_down", {}, {}, {}, {}, {}, "The rig fails."}, &break_down});
    return all;
}

report::CaseRecord run(std::string const& steps) {
    std::string const text =
        "drydock: 1\nid: flow\nactors: {maker: {kind: org}, anna: {kind: user}, line: {kind: station}, "
        "box: {kind: device}}\n" +
        steps;
    auto const loaded = load_scenario("flow.scenario.yaml", text);
    REQUIRE(loaded.diagnostics.empty());
    auto const bench = make_virtual_bench(BenchOptions{});
    g_is_interrupted = false;
    RunnerOptions options;
    options.is_interrupted = &g_is_interrupted;
    return run_case(loaded.scenario, *bench, verbs(), options);
}

report::StepRecord const& step(report::CaseRecord const& record, std::string const& id) {
    auto const found =
        std::find_if(record.steps.begin(), record.steps.end(), [&](auto const& one) { return one.id == id; });
    REQUIRE(found != record.steps.end());
    return *found;
}

Verdict verdict_of(report::CaseRecord const& record, std::string const& requirement) {
    report::RunRecord all;
    all.cases.push_back(record);
    report::judge(all, {{requirement, "must", "", ""}});
    return all.requirements.front().verdict;
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a requirement whose checks were never reached is inconclusive, whatever passed before", "[run]") {
    auto const record =
        run("steps:\n"
            "  - {id: a, do: time.pass, with: {for: 1s}, covers: [GEN-01, GEN-02]}\n"
            "  - {id: b, do: check.equal, with: {left: a, right: b}, covers: [GEN-03]}\n"
            "  - {id: c, do: time.pass, with: {for: 1s}, covers: [GEN-02, GEN-03, GEN-04]}\n");
    CHECK(record.verdict == Verdict::fail);
    CHECK(verdict_of(record, "GEN-01") == Verdict::pass);
    CHECK(verdict_of(record, "GEN-02") == Verdict::inconclusive);
    CHECK(verdict_of(record, "GEN-03") == Verdict::fail);
    CHECK(verdict_of(record, "GEN-04") == Verdict::inconclusive);
    CHECK(verdict_of(record, "GEN-05") == Verdict::not_covered);
    CHECK_FALSE(step(record, "c").was_reached);
}

TEST_CASE("what a whole scenario covers has the verdict of the case", "[run]") {
    auto const good = run("covers: [GEN-01]\nsteps: [{id: a, do: time.pass, with: {for: 1s}}]\n");
    CHECK(verdict_of(good, "GEN-01") == Verdict::pass);
    auto const broken = run("covers: [GEN-01]\nsteps: [{id: a, do: test.break_down}]\n");
    CHECK(broken.verdict == Verdict::infrastructure);
    CHECK(verdict_of(broken, "GEN-01") == Verdict::inconclusive);
}

TEST_CASE("a step that the rig could not finish has shown nothing", "[run]") {
    auto const record =
        run("steps: [{id: a, do: test.break_down, covers: [GEN-01]}]\n"
            "teardown: [{id: z, by: box, do: device.power_off}]\n");
    CHECK(record.verdict == Verdict::infrastructure);
    CHECK(record.message == "the bench burns");
    CHECK(step(record, "a").verdict == Verdict::inconclusive);
    CHECK(verdict_of(record, "GEN-01") == Verdict::inconclusive);
    CHECK(step(record, "z").verdict == Verdict::pass);
}

TEST_CASE("a teardown that breaks does not hide that the product failed", "[run]") {
    auto const record =
        run("steps: [{id: a, do: check.equal, with: {left: a, right: b}}]\n"
            "teardown: [{id: z, do: test.break_down}]\n");
    CHECK(record.verdict == Verdict::fail);
    CHECK(contains(record.message, "the bench burns"));
}

TEST_CASE("an interrupted case is put away within two seconds and says how far it came", "[run]") {
    auto const record =
        run("steps:\n"
            "  - {id: a, do: time.pass, with: {for: 1s}, covers: [GEN-01]}\n"
            "  - {id: b, do: test.interrupt, covers: [GEN-02]}\n"
            "  - {id: c, do: time.pass, with: {for: 1s}, covers: [GEN-03]}\n"
            "teardown: [{id: z, by: box, do: device.power_off}]\n");
    CHECK(record.verdict == Verdict::inconclusive);
    CHECK(record.message == "interrupted");
    CHECK(record.duration_ms < 3100);
    CHECK(step(record, "b").verdict == Verdict::inconclusive);
    CHECK(contains(step(record, "b").message, "interrupted during this step"));
    CHECK(step(record, "z").verdict == Verdict::pass);
    CHECK(verdict_of(record, "GEN-01") == Verdict::pass);
    CHECK(verdict_of(record, "GEN-02") == Verdict::inconclusive);
    CHECK(verdict_of(record, "GEN-03") == Verdict::inconclusive);
}

TEST_CASE("a teardown that does not end is left when somebody waits", "[run]") {
    auto const record =
        run("steps: [{id: b, do: test.interrupt}]\n"
            "teardown: [{id: z, do: time.pass, with: {for: 1h}}]\n");
    CHECK(record.verdict == Verdict::inconclusive);
    CHECK(record.duration_ms < 2000);
    CHECK(step(record, "z").verdict == Verdict::inconclusive);
}

TEST_CASE("a step that takes longer than it may fails and says what was seen instead", "[run]") {
    auto const waiting =
        run("steps: [{id: a, by: box, do: device.power_on, timeout: 2s,"
            " eventually: {within: 9s, that: {box.connection: online}}}]\n");
    CHECK(waiting.verdict == Verdict::fail);
    std::string const message = step(waiting, "a").message;
    CHECK(contains(message, "not done within 2s; seen instead: box.connection should be online but was "));
    CHECK(step(waiting, "a").duration_ms == Approx(2000));

    auto const hanging = run("steps: [{id: a, do: time.pass, with: {for: 1h}, timeout: 1500ms}]\n");
    CHECK(step(hanging, "a").message.starts_with("not done within 1500ms; no result of 'time.pass' yet"));
    CHECK(hanging.duration_ms < 2000);

    auto const quick = run("steps: [{id: a, do: time.pass, with: {for: 1s}, timeout: 2s}]\n");
    CHECK(quick.verdict == Verdict::pass);
    auto const soft =
        run("steps: [{id: a, do: time.pass, with: {for: 1h}, timeout: 1s, soft: true},"
            " {id: b, do: time.pass, with: {for: 1s}}]\n");
    CHECK(soft.verdict == Verdict::fail);
    CHECK(step(soft, "b").verdict == Verdict::pass);
}

TEST_CASE("a check that is missed is said in whole sentences", "[run]") {
    auto const message = [](std::string const& step_text) {
        auto const record = run("steps: [{id: a, " + step_text + "}]\n");
        CHECK(record.verdict == Verdict::fail);
        return step(record, "a").message;
    };
    CHECK(message("expect: {box.connection: {ne: off}}") == "box.connection should not be off but was off");
    CHECK(message("expect: {box.logins: {gt: 3}}") == "box.logins should be more than 3 but was 0");
    CHECK(message("never: {for: 1s, that: {box.logins: {lt: 1}}}") ==
          "box.logins should never be less than 1 but was 0");
    CHECK(message("do: time.pass, with: {for: 1s}, expect_error: not_found") ==
          "it should be refused with 'not_found' but it was done");
    CHECK(contains(message("do: check.equal, with: {left: x, right: y}"), "x"));
}

TEST_CASE("a scenario whose time is over says which step it was in, and that nothing is proven", "[run]") {
    auto const record = run("timeout: 3s\nsteps: [{id: a, eventually: {within: 1h, that: {box.logins: 1}}}]\n");
    CHECK(record.verdict == Verdict::inconclusive);
    CHECK(step(record, "a").message ==
          "the scenario's timeout passed during this step; seen instead: box.logins should be 1 but was 0");
}

TEST_CASE("a wait that was cut short is no proof that something never happens", "[run]") {
    auto const record =
        run("timeout: 3s\nsteps: [{id: a, never: {for: 1h, that: {box.logins: 1}}, covers: [GEN-01]}]\n");
    CHECK(verdict_of(record, "GEN-01") == Verdict::inconclusive);
}

TEST_CASE("parallel branches are all waited for, or only the first", "[run]") {
    std::string const branches =
        "      branches:\n"
        "        - - {id: slow, do: time.pass, with: {for: 50s}, covers: [GEN-01]}\n"
        "          - {id: slower, do: time.pass, with: {for: 1s}}\n"
        "        - [{id: quick, do: time.pass, with: {for: 1s}}]\n"
        "  - {id: after, do: time.pass, with: {for: 1s}}\n";
    auto const all = run("steps:\n  - parallel:\n      join: all\n" + branches);
    CHECK(all.verdict == Verdict::pass);
    CHECK(step(all, "slower").verdict == Verdict::pass);
    CHECK(all.duration_ms > 51'000);

    auto const first = run("steps:\n  - parallel:\n      join: first\n" + branches);
    CHECK(first.verdict == Verdict::pass);
    CHECK(first.duration_ms < 3000);
    CHECK(step(first, "slow").verdict == Verdict::not_applicable);
    CHECK(step(first, "slow").message == "given up: another branch was first");
    CHECK(step(first, "slower").verdict == Verdict::not_applicable);
    CHECK(step(first, "after").verdict == Verdict::pass);
    CHECK(verdict_of(first, "GEN-01") == Verdict::not_covered);
}

TEST_CASE("a refusal that is accepted passes, with or without", "[run]") {
    auto const record =
        run("steps:\n"
            "  - {id: a, by: anna, do: claim.scan, with: {code: nonsense}, accept: any, save: {o: outcome}}\n"
            "  - {id: b, do: check.equal, with: {left: '${o}', right: not_a_token_code}}\n");
    CHECK(record.verdict == Verdict::pass);
}

TEST_CASE("a scenario that cannot be run as written is at fault itself", "[run]") {
    auto const record =
        run("steps:\n"
            "  - {id: a, by: maker, do: tokens.create, with: {count: 100000000}, accept: any, save: {t: tokens.0}}\n"
            "  - {id: b, by: maker, do: tokens.show, with: {token: '${t.id}'}}\n"
            "  - {id: c, do: time.pass, with: {for: 1s}}\n");
    CHECK(record.verdict == Verdict::inconclusive);
    CHECK(record.is_scenario_at_fault);
    CHECK(contains(step(record, "b").message, "the scenario is at fault: '${t.id}'"));
    CHECK_FALSE(step(record, "c").was_reached);
    report::RunRecord all;
    all.cases.push_back(record);
    CHECK(contains(report::write_json(all), "\"scenario_at_fault\":true"));
}

TEST_CASE("a teardown that lacks what a failed step should have saved is not at fault", "[run]") {
    auto const record =
        run("steps:\n"
            "  - {id: a, do: test.break_down}\n"
            "  - {id: b, by: maker, do: tokens.create, save: {t: tokens.0}}\n"
            "teardown: [{id: z, by: maker, do: tokens.delete, with: {token: '${t.id}'}}]\n");
    CHECK(record.verdict == Verdict::infrastructure);
    CHECK_FALSE(record.is_scenario_at_fault);
}

TEST_CASE("all that a device is said to show can be looked at", "[run]") {
    std::string steps =
        "steps:\n"
        "  - {id: mint, by: maker, do: tokens.create, save: {t: tokens.0}}\n"
        "  - {id: inject, by: line, do: eol.inject, with: {device: box, token: '${t.auth}'}}\n";
    for (std::string const& name : words_of(ActorKind::device).observables) {
        steps += "  - {id: " + name + ", expect: {box." + name + ": {absent: false}}, soft: true}\n";
    }
    auto const record = run(steps);
    for (auto const& one : record.steps) { CHECK(one.message == ""); }
    CHECK(record.verdict == Verdict::pass);
}

TEST_CASE("a server that crashes on purpose is not for a bench inside this process", "[run][self-proof]") {
    BenchOptions options;
    options.faulty = FaultyServer::crash_on_claim;
    CHECK_THROWS_AS(make_virtual_bench(options), std::invalid_argument);
}
