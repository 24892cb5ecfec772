#include "reports/write/write.h"
#include "rig/run/runner.h"
#include "rig/scenario/loader.h"
#include "rig/verbs/table.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

using namespace drydock;
using namespace drydock::rig;

namespace {

Scenario scenario_of(std::string const& file) {
    std::ifstream in(file);
    std::string const text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    auto loaded = load_scenario(file, text);
    REQUIRE(loaded.diagnostics.empty());
    return loaded.scenario;
}

report::CaseRecord run(Scenario const& scenario, BenchOptions const& options) {
    auto const bench = make_virtual_bench(options);
    RunnerOptions runner;
    runner.seed = options.seed.value;
    return run_case(scenario, *bench, verb_table(), runner);
}

BenchOptions seeded(std::uint64_t seed) {
    BenchOptions options;
    options.seed = Seed{seed};
    return options;
}

std::vector<std::string> scenario_files() {
    std::vector<std::string> files;
    for (auto const* folder : {"lifecycle", "chaos"}) {
        for (auto const& entry :
             std::filesystem::directory_iterator(std::string(DRYDOCK_SOURCE "/scenarios/") + folder)) {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

// The first step that failed, or nothing.
std::string failed_step(report::CaseRecord const& record) {
    for (auto const& step : record.steps) {
        if (step.verdict != report::Verdict::pass) { return step.id; }
    }
    return record.message;
}

}  // namespace

TEST_CASE("every scenario passes in virtual time, and a seed gives the same event log twice", "[run][world]") {
    for (std::string const& file : scenario_files()) {
        Scenario const scenario = scenario_of(file);
        INFO(scenario.id);
        auto const first = run(scenario, seeded(5));
        auto const second = run(scenario, seeded(5));
        CHECK(failed_step(first) == "");
        CHECK(first.verdict == report::Verdict::pass);
        REQUIRE(first.event_log_hash);
        CHECK(first.event_log_hash == second.event_log_hash);
    }
}

TEST_CASE("another order of what happens at one instant reaches the same verdict", "[run][world]") {
    for (std::string const& file : scenario_files()) {
        Scenario const scenario = scenario_of(file);
        INFO(scenario.id);
        for (std::uint64_t seed : {3U, 4U}) {
            BenchOptions options = seeded(seed);
            options.shuffles = true;
            CHECK(failed_step(run(scenario, options)) == "");
        }
    }
}

TEST_CASE("each faulty server is caught by its scenario", "[run][self-proof]") {
    struct Row {
        FaultyServer faulty;
        std::string file;
        std::string step;
    };
    for (Row const& row : {Row{FaultyServer::claim_without_condition, "lifecycle/two-scanners", "one-winner"},
                           Row{FaultyServer::delete_keeps_session, "lifecycle/delete", "delete"},
                           Row{FaultyServer::invalid_token_while_down, "chaos/store-down", "boot"}}) {
        INFO(to_text(row.faulty));
        BenchOptions options = seeded(1);
        options.faulty = row.faulty;
        auto const record = run(scenario_of(DRYDOCK_SOURCE "/scenarios/" + row.file + ".scenario.yaml"), options);
        CHECK(record.verdict == report::Verdict::fail);
        CHECK(failed_step(record) == row.step);
    }
}

TEST_CASE("no report holds the value of a token, and the page cannot be broken out of", "[run][I10]") {
    report::RunRecord all;
    all.cases.push_back(run(scenario_of(DRYDOCK_SOURCE "/scenarios/lifecycle/claim.scenario.yaml"), seeded(1)));
    all.cases.back().title = "</script><b>";
    std::string const json = report::write_json(all);
    CHECK(json.find("sqr_") == std::string::npos);
    CHECK(report::write_html(all).find("</script><b>") == std::string::npos);
    CHECK(report::write_junit(all).find("<b>") == std::string::npos);
    CHECK(report::write_markdown(all).find("<b>") == std::string::npos);
}
