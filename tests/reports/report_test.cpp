#include "reports/write/page.h"
#include "reports/write/write.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

using namespace drydock::report;

namespace {

StepRecord step_of(std::string id, Verdict verdict, std::string message) {
    StepRecord step;
    step.id = std::move(id);
    step.by = "maker";
    step.verb = "tokens.create";
    step.file = "scenarios/some.scenario.yaml";
    step.line = 7;
    step.verdict = verdict;
    step.message = std::move(message);
    step.covers = {"GEN-01"};
    return step;
}

// One case for each verdict there is.
RunRecord run_of(std::string const& title, std::string const& message) {
    RunRecord run;
    run.version = "1";
    run.started = "2026-01-01T00:00:00Z";
    run.command = "drydock run";
    for (Verdict verdict : all_verdicts()) {
        CaseRecord one;
        one.id = "case-" + std::to_string(run.cases.size());
        one.title = title;
        one.bench = "virtual";
        one.verdict = verdict;
        one.message = message;
        one.steps.push_back(step_of("first", verdict, message));
        run.cases.push_back(std::move(one));
    }
    std::vector<Requirement> const catalogue{
        {"GEN-01", "must", title, "here"}, {"GEN-02", "should", "the second", ""}, {"OTA-03", "may", "the third", ""}};
    judge(run, catalogue);
    return run;
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) { ++found; }
    return found;
}

// What stands between the first `from` and the next `to`.
std::string between(std::string const& text, std::string const& from, std::string const& to) {
    auto const begin = text.find(from);
    REQUIRE(begin != std::string::npos);
    auto const end = text.find(to, begin);
    REQUIRE(end != std::string::npos);
    return text.substr(begin + from.size(), end - begin - from.size());
}

std::string record_in(std::string const& page) {
    return between(page, "<script type=\"application/json\" id=\"record\">", "</script>");
}

}  // namespace

TEST_CASE("the page holds every verdict and every requirement, with scripts and without", "[report]") {
    RunRecord const run = run_of("a title", "a message");
    std::string const page = write_html(run);
    std::string const plain = between(page, "<noscript>", "</noscript>");
    for (std::string const& part : {plain, record_in(page)}) {
        for (Verdict verdict : all_verdicts()) { CHECK(part.find(to_text(verdict)) != std::string::npos); }
        for (auto const& judged : run.requirements) { CHECK(part.find(judged.requirement.id) != std::string::npos); }
        for (auto const& one : run.cases) { CHECK(part.find(one.id) != std::string::npos); }
        CHECK(part.find("a message") != std::string::npos);
    }
    CHECK(plain.find("scenarios/some.scenario.yaml:7") != std::string::npos);
}

TEST_CASE("a record cannot break out of the page", "[report]") {
    std::string const empty = write_html(run_of("", ""));
    for (std::string const& evil :
         {std::string("</script><script>alert(1)</script>"), std::string("</noscript><img src=x onerror=alert(1)>"),
          std::string("<!--<script>"), std::string("@SCRIPT@ @RECORD@ @STYLE@ @SUMMARY@"),
          std::string("\" onmouseover=\"alert(1) & 'more' \\ \n \x01 end")}) {
        INFO(evil);
        std::string const page = write_html(run_of(evil, evil));
        for (auto const* tag : {"<script", "</script", "<noscript", "</noscript", "<img", "<!--", "<style"}) {
            INFO(tag);
            CHECK(count(page, tag) == count(empty, tag));
        }
        auto const record = boost::json::parse(record_in(page));
        CHECK(record.at("cases").at(0).at("title").as_string() == evil);
        CHECK(record.at("cases").at(0).at("steps").at(0).at("message").as_string() == evil);
        // The script that builds the page comes through untouched.
        CHECK(page.find(page_script()) != std::string::npos);
        CHECK(page.find(page_style()) != std::string::npos);
    }
}

TEST_CASE("bytes that are no text are written as what they are", "[report]") {
    RunRecord const run = run_of("\xff\xfe garbage \xc3", "\xed\xa0\x80 and \xc3\xa9");
    auto const record = boost::json::parse(write_json(run));
    CHECK(record.at("cases").at(0).at("title").as_string() == "\\xff\\xfe garbage \\xc3");
    CHECK(record.at("cases").at(0).at("message").as_string() == "\\xed\\xa0\\x80 and \xc3\xa9");
    CHECK(record_in(write_html(run)).find('\xff') == std::string::npos);
}

TEST_CASE("the page asks nobody for anything", "[report]") {
    std::string const page = write_html(run_of("a title", "a message"));
    for (auto const* way : {"http://", "https://", "src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest",
                            "WebSocket", "import(", "innerHTML", "eval("}) {
        INFO(way);
        CHECK(page.find(way) == std::string::npos);
    }
    CHECK(page.find("default-src 'none'") != std::string::npos);
}

TEST_CASE("the page needs no other file's character set and fits both screens", "[report]") {
    for (std::string_view part : {page_template(), page_style(), page_script()}) {
        for (char c : part) { REQUIRE((static_cast<unsigned char>(c) < 128)); }
    }
    for (auto const* rule : {"prefers-color-scheme: dark", "@media print", "max-width: 760px", ":focus-visible"}) {
        CHECK(page_style().find(rule) != std::string_view::npos);
    }
}

TEST_CASE("the record's schema is JSON and describes this version of the format", "[report]") {
    auto const schema = boost::json::parse(run_schema());
    auto const record = boost::json::parse(write_json(run_of("a title", "a message")));
    CHECK(schema.at("properties").at("drydock_run").at("const") == record.at("drydock_run"));
    auto const& properties = schema.at("properties").as_object();
    for (auto const& member : record.as_object()) { CHECK(properties.contains(member.key())); }
    auto const& verdicts = schema.at("$defs").at("verdict").at("enum").as_array();
    CHECK(verdicts.size() == all_verdicts().size());
    for (Verdict verdict : all_verdicts()) {
        CHECK(std::find(verdicts.begin(), verdicts.end(), boost::json::value(to_text(verdict))) != verdicts.end());
    }
}
