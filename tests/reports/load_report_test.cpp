#include "reports/load_sample.h"
#include "reports/write/page.h"
#include "reports/write/write.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace drydock::report;
using drydock::report::test::load_sample;

namespace {

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

std::size_t count(std::string const& text, std::string const& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) { ++found; }
    return found;
}

}  // namespace

TEST_CASE("every report of a load run says its verdict, why, and what was observed", "[report]") {
    RunRecord const run = load_sample(Verdict::fail);
    LoadRecord const& load = *run.cases.front().load;
    for (std::string const& text : {write_html(run), write_junit(run)}) {
        CHECK(holds(text, load.sentence));
        for (LoadThreshold const& one : load.thresholds) {
            CHECK(holds(text, one.text));
            CHECK((one.outcome == "PASS" || holds(text, one.observed)));
        }
    }
    std::string const summary = write_markdown(run);
    CHECK(holds(summary, "2 of 6 thresholds were missed: auth.refused\\_wrongly, online.share."));
    CHECK(holds(summary, "| ❌ FAIL | auth.refused\\_wrongly sum le 0 | must | 2 of 4600 |"));
    CHECK(holds(summary, "| auth | hold | lte-m | 1540 | 205 ms | 589 ms | 1.93 s | 2.90 s | 4.34 s |"));
    CHECK(holds(summary, "| connection reset by peer | 214 |"));
    std::string const page = write_html(run);
    CHECK(
        holds(page.substr(page.find("<noscript>"), page.find("</noscript>") - page.find("<noscript>")), load.sentence));
}

TEST_CASE("the terminal tells a load run's logins and thresholds", "[report]") {
    RunRecord run = load_sample(Verdict::fail);
    LoadRecord& load = *run.cases.front().load;
    std::string const text = write_terminal(run, Color::no);
    CHECK(holds(text, "hold over lte-m: 1540 logins, p50 205 ms, p99 1.93 s, longest 4.34 s"));
    for (LoadThreshold const& one : load.thresholds) {
        CHECK(holds(text, one.text + (one.observed.empty() ? "" : ": " + one.observed)));
    }
    CHECK(holds(text, "KiB a minute over the longest hold"));
    load.errors = {{"refused", 40}, {"closed", 0}, {"lost", 3}, {"timed out", 7}, {"no answer", 1}, {"muddled", 1}};
    CHECK(holds(write_terminal(run, Color::no), "    52 errors (refused 40, timed out 7, lost 3, 2 others),"));
    load.errors = {{"lost", 1}};
    CHECK(holds(write_terminal(run, Color::no), "    1 error (lost 1),"));
    load.errors.clear();
    CHECK(holds(write_terminal(run, Color::no), "    0 errors,"));
    CHECK(holds(text, "(1 case in"));
    CHECK(holds(text, "    again: "));
    run.cases.front().reproduce.clear();
    CHECK_FALSE(holds(write_terminal(run, Color::no), "again:"));
}

TEST_CASE("the terminal says when fewer devices were online than should have been", "[report]") {
    RunRecord run = load_sample(Verdict::pass);
    LoadRecord& load = *run.cases.front().load;
    for (LoadTick& tick : load.ticks) {
        tick.expected = std::min<std::uint64_t>(tick.expected, 100);
        tick.online = std::min<std::uint64_t>(tick.online, 97);
    }
    load.ticks.back().expected = 100;
    load.ticks.back().online = 98;
    CHECK(holds(write_terminal(run, Color::no), ", at most 98 online of 100 expected\n"));
    load.ticks.back().online = 100;
    auto gone = run;
    LoadTick last = gone.cases.front().load->ticks.back();
    last.online = 3;
    gone.cases.front().load->ticks.push_back(last);
    CHECK(holds(write_terminal(gone, Color::no), ", 3 online of 100 expected at the end\n"));
    CHECK_FALSE(holds(write_terminal(run, Color::no), "expected"));
}

TEST_CASE("every report of a part of a run says which part it is and how the parts become one", "[report]") {
    RunRecord run = load_sample(Verdict::pass);
    LoadRecord& load = *run.cases.front().load;
    auto const reports = [&run] {
        return std::vector{write_terminal(run, Color::no), write_markdown(run), write_html(run), write_junit(run)};
    };
    for (std::string const& text : reports()) { CHECK_FALSE(holds(text, "part 1 of 2: put")); }
    load.shards = {{0, 2}};
    for (std::string const& text : reports()) {
        CHECK(holds(text, "part 1 of 2: put the parts together with 'drydock report merge'"));
    }
    CHECK(holds(write_terminal(run, Color::no, "./run"), "\npart 1 of 2: put the parts together with './run report"));
    load.shards = {{0, 3}, {2, 3}};
    for (std::string const& text : reports()) { CHECK(holds(text, "parts 1, 3 of 3: put the parts together")); }
    load.shards = {{0, 2}, {1, 2}};
    for (std::string const& text : reports()) { CHECK_FALSE(holds(text, "of 2: put")); }
}

TEST_CASE("phases come in the order of the run, not of the alphabet", "[report]") {
    RunRecord run = load_sample(Verdict::fail);
    LoadRecord& load = *run.cases.front().load;
    std::reverse(load.phases.begin(), load.phases.end());
    for (std::string const& text : {write_terminal(run, Color::no), write_markdown(run)}) {
        bool const is_markdown = holds(text, "| auth |");
        CHECK(text.find(is_markdown ? "| auth | hold" : "hold over") <
              text.find(is_markdown ? "| auth | arrive" : "arrive over"));
    }
}

TEST_CASE("a run that is about no requirement does not list them all as not covered", "[report]") {
    RunRecord run = load_sample(Verdict::fail);
    run.requirements = {{}, {}};
    for (RequirementVerdict& one : run.requirements) { one.verdict = Verdict::not_covered; }
    CHECK_FALSE(holds(write_terminal(run, Color::no), "NOT-COVERED"));
    run.requirements.front().verdict = Verdict::pass;
    CHECK(holds(write_terminal(run, Color::no), "1 NOT-COVERED"));
}

TEST_CASE("thresholds are test cases: what must hold fails, what should hold is skipped with its reason", "[report]") {
    auto const attribute = [](std::string const& text, std::string const& name) {
        auto const at = text.find(name + "=\"") + name.size() + 2;
        return text.substr(at, text.find('"', at) - at);
    };
    std::string const failed = write_junit(load_sample(Verdict::fail));
    CHECK(attribute(failed, "tests") == "7");
    CHECK(attribute(failed, "failures") == "2");
    CHECK(attribute(failed, "errors") == "0");
    CHECK(attribute(failed, "skipped") == "2");
    CHECK(count(failed, "<testcase ") == 7);
    CHECK(holds(failed, "<failure message=\"FAIL: observed 2 of 4600\"/>"));
    CHECK(holds(failed, "<skipped message=\"should hold, NO DATA: observed nothing was measured\"/>"));

    std::string const open = write_junit(load_sample(Verdict::inconclusive));
    CHECK(attribute(open, "failures") == "0");
    CHECK(attribute(open, "errors") == "1");
    CHECK(attribute(open, "skipped") == "6");

    std::string const passed = write_junit(load_sample(Verdict::pass));
    CHECK(attribute(passed, "failures") == "0");
    CHECK(attribute(passed, "errors") == "0");
}

TEST_CASE("a run that missed only what should hold has one verdict everywhere, and passes", "[report]") {
    RunRecord const run = load_sample(Verdict::non_strict);
    CHECK(run.verdict == Verdict::non_strict);
    CHECK(is_passed(run.verdict));
    CHECK(holds(write_terminal(run, Color::no), "verdict: NON-STRICT"));
    CHECK(holds(write_markdown(run), "## ⚠️ Drydock: NON-STRICT\n\n1 of 1 case passed"));
    CHECK(holds(write_markdown(run), "load.cell-outage: NON-STRICT"));
    CHECK(holds(write_junit(run), "failures=\"0\" errors=\"0\""));
}

TEST_CASE("a missed threshold that only should hold does not look like one that must", "[report]") {
    RunRecord run = load_sample(Verdict::fail);
    run.cases.front().load->thresholds = {{"auth.fail_ratio le 1%", "2 % (2 of 100)", "FAIL", false},
                                          {"online.share ge 95%", "91.2 %", "FAIL", true},
                                          {"claim.latency p99 le 1s", "nothing", "NO DATA", true}};
    std::string const terminal = write_terminal(run, Color::no);
    CHECK(holds(terminal, "    FAIL       auth.fail_ratio le 1%: 2 % (2 of 100)\n"));
    CHECK(holds(terminal, "    NON-STRICT online.share ge 95%: 91.2 % (should hold, not must)\n"));
    CHECK(holds(terminal, "    NO DATA    claim.latency p99 le 1s: nothing (should hold, not must)\n"));
    CHECK(holds(write_markdown(run), "| ⚠️ NON-STRICT | online.share ge 95% | should |"));
    CHECK(holds(write_html(run), "<td>NON-STRICT</td><td>online.share ge 95%</td>"));
    CHECK(holds(write_junit(run), "<skipped message=\"should hold, NON-STRICT: observed 91.2 %\"/>"));
    CHECK(holds(write_json(run), "\"outcome\":\"FAIL\",\"is_should\":true"));
}

TEST_CASE("no data is never a pass", "[report]") {
    RunRecord run = load_sample(Verdict::fail);
    run.cases.front().load->thresholds = {{"claim.wrong_org sum le 0", "nothing was measured", "NO DATA", false}};
    CHECK(holds(write_junit(run), "<failure message=\"NO DATA: observed nothing was measured\"/>"));
    CHECK(holds(write_markdown(run), "| ⚠️ NO DATA |"));
}

TEST_CASE("a load run that is full of markup changes no report", "[report]") {
    std::string const evil = "</script><img src=x> | `a` [b](c)\n# <b>";
    std::string const plain = write_html(load_sample(Verdict::fail));
    RunRecord const run = load_sample(Verdict::fail, evil);
    std::string const page = write_html(run);
    for (auto const* tag : {"<script", "</script", "<img", "<b>"}) { CHECK(count(page, tag) == count(plain, tag)); }
    CHECK(!holds(write_junit(run), "<img"));
    std::string const summary = write_markdown(run);
    CHECK(!holds(summary, "<img"));
    CHECK(count(summary, "\n") == count(write_markdown(load_sample(Verdict::fail)), "\n"));
    CHECK(holds(summary, "\\| \\`a\\` \\[b\\](c) \\# &lt;b&gt;"));
}

TEST_CASE("a summary stays below what a step summary may have", "[report]") {
    RunRecord run = load_sample(Verdict::fail);
    CaseRecord one = run.cases.front();
    for (int i = 0; i < 250; ++i) {
        one.load->thresholds.push_back({std::string(5000, '<'), std::string(5000, '|'), "FAIL", false});
    }
    run.cases.assign(12, one);
    CaseRecord plain = one;
    plain.load.reset();
    run.cases.insert(run.cases.end(), 488, plain);
    std::string const summary = write_markdown(run);
    CHECK(summary.size() < 1024UL * 1024);
    CHECK(holds(summary, "300 more: see report.html."));
    CHECK(holds(summary, "Too long: the rest is in report.html."));
}
