#include "reports/write/page.h"
#include "rig/scenario/catalogue.h"
#include "rig/scenario/check.h"
#include "rig/scenario/diagnostics.h"
#include "rig/scenario/interpolate.h"
#include "rig/scenario/loader.h"
#include "rig/scenario/matcher.h"
#include "rig/verbs/table.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

using namespace drydock::rig;

namespace {

std::string read(std::filesystem::path const& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Value scalar(std::string text) { return Value{std::move(text), {}, false}; }

}  // namespace

TEST_CASE("each wrong file is told all its faults, with places and ways out", "[scenario]") {
    auto const specs = verb_specs();
    Known known;
    known.verbs = specs;
    for (auto const& row : load_catalogue(drydock::report::catalogue_text())) { known.requirements.push_back(row.id); }
    int files = 0;
    for (auto const& entry : std::filesystem::directory_iterator(DRYDOCK_SOURCE "/scenarios/bad")) {
        if (!entry.path().string().ends_with(".scenario.yaml")) { continue; }
        ++files;
        std::string const text = read(entry.path());
        auto loaded = load_scenario(entry.path().filename().string(), text);
        auto more = check(loaded.scenario, known);
        std::move(more.begin(), more.end(), std::back_inserter(loaded.diagnostics));
        std::string const approved = read(entry.path().string() + ".expect");
        CHECK(print(loaded.diagnostics, text) == approved);
        CHECK_FALSE(loaded.diagnostics.empty());
    }
    CHECK(files >= 2);
}

TEST_CASE("what YAML allows and the language does not is refused", "[scenario]") {
    for (auto const* text : {"a: &x 1\n", "a: !!int 1\n", "a: *x\n", "a: 1\na: 2\n", "<<: {a: 1}\n",
                             "--- \na: 1\n---\nb: 2\n", "", "a: [1\n"}) {
        CHECK_FALSE(load_scenario("file", text).diagnostics.empty());
    }
    CHECK_FALSE(load_scenario("file", std::string(200, '[')).diagnostics.empty());
    CHECK_FALSE(load_scenario("file", std::string_view()).diagnostics.empty());
}

TEST_CASE("a fault's place is where an editor shows it", "[scenario]") {
    auto const first_place = [](std::string const& text) {
        auto const loaded = load_scenario("file", text);
        REQUIRE_FALSE(loaded.diagnostics.empty());
        return std::pair(loaded.diagnostics[0].at.line, loaded.diagnostics[0].at.column);
    };
    using Place = std::pair<std::size_t, std::size_t>;

    CHECK(first_place("drydock: 1\nid: {") == Place(2, 6));
    CHECK(first_place("drydock: 1\nid: \xff\n") == Place(2, 5));
    for (std::string const odd : {"\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"}) {
        CHECK(first_place("drydock: 1\nid: a" + odd + "x: [\n") == Place(2, 6));
    }
    CHECK(first_place("drydock: 1\r\nid: a\r\nx: 1\r\nsteps: []\r\n") == Place(3, 1));
}

TEST_CASE("a pattern that is no regular expression is told before anything runs", "[scenario]") {
    auto const faults = [](std::string const& pattern) {
        auto const text = "drydock: 1\nid: a\nsteps: [{id: b, expect: {x: {matches: '" + pattern + "'}}}]\n";
        return load_scenario("file", text).diagnostics.size();
    };
    CHECK(faults("^[a-z]+$") == 0);
    CHECK(faults("^${saved}(") == 0);
    CHECK(faults("([") == 1);
    CHECK(faults(std::string(100'000, '(')) == 1);
    CHECK_FALSE(matches(Value{Value::Map{{"matches", scalar("([")}}, {}, false}, "([").ok);
}

TEST_CASE("matchers compare numbers as numbers and durations as durations", "[scenario]") {
    CHECK(matches(scalar("21.50"), "21.5").ok);
    CHECK(matches(scalar("anna"), "anna").ok);
    CHECK_FALSE(matches(scalar("anna"), "ben").ok);
    CHECK_FALSE(matches(scalar("anna"), std::nullopt).ok);
    Value less{Value::Map{{"lt", scalar("2s")}}, {}, false};
    CHECK(matches(less, "300ms").ok);
    CHECK_FALSE(matches(less, "3s").ok);
    Value other{Value::Map{{"ne", scalar("x")}}, {}, false};
    CHECK(matches(other, "y").ok);
    CHECK_FALSE(matches(other, std::nullopt).ok);
}

TEST_CASE("what a matcher asks for is said in words, whatever its operator", "[scenario]") {
    auto const asked = [](std::string const& name, std::string const& wanted) {
        return matches(Value{Value::Map{{name, scalar(wanted)}}, {}, false}, "seen");
    };
    CHECK(matches(scalar("anna"), "ben").wish == "should be anna");
    CHECK(asked("ne", "online").wish == "should not be online");
    CHECK(asked("ne", "online").expected == "not online");
    CHECK(asked("lt", "2s").wish == "should be less than 2s");
    CHECK(asked("le", "2").wish == "should be at most 2");
    CHECK(asked("gt", "2").wish == "should be more than 2");
    CHECK(asked("ge", "2").wish == "should be at least 2");
    CHECK(asked("matches", "^a").wish == "should be text that matches ^a");
    CHECK(asked("contains", "a").wish == "should be text that contains a");
    CHECK(asked("len", "32").wish == "should be of length 32");
    CHECK(asked("absent", "true").wish == "should be absent");
    CHECK(asked("absent", "false").wish == "should be there");
    Value::List const two{scalar("a"), scalar("b")};
    CHECK(matches(Value{Value::Map{{"one_of", Value{two, {}, false}}}, {}, false}, "c").wish ==
          "should be one of a, b");
}

TEST_CASE("an unknown variable is no empty text", "[scenario]") {
    auto const nothing = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
    CHECK_FALSE(interpolate("a ${b}", nothing));
    CHECK_FALSE(interpolate("a ${b", nothing));
    CHECK(interpolate("plain", nothing) == "plain");
}

TEST_CASE("the catalogue has every requirement once", "[scenario]") {
    auto const rows = load_catalogue(drydock::report::catalogue_text());
    std::set<std::string> ids;
    for (auto const& row : rows) { CHECK(ids.insert(row.id).second); }
    CHECK(rows.size() == 141);
}
