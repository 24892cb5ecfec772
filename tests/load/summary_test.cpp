#include "sim/fleet/summary.h"

#include "server/base/random.h"
#include "sim/fleet/load_error.h"

#include <catch2/catch.hpp>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace std::chrono_literals;

// What one worker may have seen: some of the phases and links, some of the measurements.
Summary drawn(std::uint64_t seed) {
    Random random(Seed{seed});
    Summary summary;
    for (char const* phase : {"warm", "hold", "drain"}) {
        for (char const* link : {"lte-m", "wired"}) {
            if (random.chance(1, 3)) { continue; }
            Cell& cell = summary.cell(phase, link);
            for (std::size_t i = 0; i < k_counters; ++i) { cell.add(static_cast<Counter>(i), random.below(3) * 100); }
            for (std::size_t i = 0; i < k_latencies; ++i) {
                for (std::uint64_t n = random.below(20); n > 0; --n) {
                    cell.record(static_cast<Latency>(i), Duration(random.below(4'000'000'000)));
                }
            }
            for (std::size_t i = 0; i < k_gauges; ++i) {
                for (std::uint64_t n = random.below(3); n > 0; --n) {
                    cell.sample(static_cast<Gauge>(i), random.below(1000));
                }
            }
        }
    }
    return summary;
}

Summary merged(Summary one, Summary const& other) {
    one.merge(other);
    return one;
}

bool is_refused(std::string const& text) {
    auto const read = Summary::from_text(text);
    return read.has_error() && read.error() == load_errc::bad_summary;
}

}  // namespace

TEST_CASE("merging summaries is associative and commutative and knows a neutral one", "[load]") {
    for (std::uint64_t seed = 1; seed <= 20; seed += 3) {
        Summary const a = drawn(seed);
        Summary const b = drawn(seed + 1);
        Summary const c = drawn(seed + 2);

        CHECK(merged(a, b).to_text() == merged(b, a).to_text());
        CHECK(merged(merged(a, b), c).to_text() == merged(a, merged(b, c)).to_text());
        CHECK(merged(a, Summary()).to_text() == a.to_text());
        CHECK(merged(Summary(), a).to_text() == a.to_text());
    }
}

TEST_CASE("sums are taken over all phases and links or some of them", "[load]") {
    Summary summary;
    summary.cell("warm", "lte-m").add(Counter::auth_started, 2);
    summary.cell("hold", "lte-m").add(Counter::auth_started, 30);
    summary.cell("hold", "wired").add(Counter::auth_started, 500);
    summary.cell("hold", "wired").record(Latency::auth, 3ms);
    summary.cell("warm", "wired").record(Latency::auth, 9ms);
    summary.cell("warm", "wired").sample(Gauge::server_rss, 70);
    summary.cell("hold", "wired").sample(Gauge::server_rss, 50);

    CHECK(summary.count(Counter::auth_started) == 532);
    CHECK(summary.count(Counter::auth_started, {"hold", ""}) == 530);
    CHECK(summary.count(Counter::auth_started, {"", "lte-m"}) == 32);
    CHECK(summary.count(Counter::auth_started, {"hold", "wired"}) == 500);
    CHECK(summary.times(Latency::auth).max() == 9ms);
    CHECK(summary.times(Latency::auth, {"hold", ""}).max() == 3ms);
    CHECK(summary.samples(Gauge::server_rss) == Samples{2, 120, 50, 70});
    summary.reset();
    CHECK(summary.to_text() == Summary().to_text());
}

TEST_CASE("a summary survives its text form", "[load]") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::string const text = drawn(seed).to_text();
        auto const read = Summary::from_text(text);
        REQUIRE(read.has_value());
        CHECK(read->to_text() == text);
    }
    CHECK(Summary::from_text(Summary().to_text()).has_value());
}

TEST_CASE("the text form of a summary is one key and value a line", "[load]") {
    Summary summary;
    summary.cell("ramp", "lte-m").add(Counter::auth_accepted, 4700);
    summary.cell("ramp", "lte-m").sample(Gauge::server_rss, 9);
    summary.cell("hold", "lte-m").record(Latency::auth, 1us);

    CHECK(summary.to_text() ==
          "drydock.load.summary=1\n"
          "hold/lte-m/time/auth=" +
              summary.cell("hold", "lte-m").times(Latency::auth).to_text() +
              "\n"
              "ramp/lte-m/count/auth.accepted=4700\n"
              "ramp/lte-m/gauge/server.rss=1,9,9,9\n"
              "end=3\n");
}

TEST_CASE("a summary text that is not exact is refused", "[load]") {
    std::string const first = "drydock.load.summary=1\n";
    std::string const line = "ramp/lte-m/count/auth.accepted=4700\n";
    REQUIRE(Summary::from_text(first + line + "end=1\n").has_value());

    CHECK(is_refused(""));
    CHECK(is_refused("drydock.load.summary=2\n" + line + "end=1\n"));
    CHECK(is_refused(first + line));
    CHECK(is_refused(first + line + "end=2\n"));
    CHECK(is_refused(first + line + "end=1"));
    CHECK(is_refused(first + line + "end=1\n\n"));
    CHECK(is_refused(first + line + line + "end=2\n"));
    CHECK(is_refused(first + "\n" + line + "end=1\n"));
    for (char const* wrong : {
             "ramp/lte-m/count/auth.acepted=1",
             "ramp/lte-m/count/auth.accepted=0",
             "ramp/lte-m/count/auth.accepted=01",
             "ramp/lte-m/count/auth.accepted=-1",
             "ramp/lte-m/count/auth.accepted=+1",
             "ramp/lte-m/count/auth.accepted= 1",
             "ramp/lte-m/count/auth.accepted=9007199254740993",
             "ramp/lte-m/count/auth.accepted=18446744073709551617",
             "ramp/lte-m/count/auth.accepted",
             "ramp/lte-m/sum/auth.accepted=1",
             "ramp/count/auth.accepted=1",
             "Ramp/lte-m/count/auth.accepted=1",
             "/lte-m/count/auth.accepted=1",
             "ramp/lte-m/time/auth=dh1:AAAAAABP6Ssl",
             "ramp/lte-m/time/auth=dh1:",
             "ramp/lte-m/gauge/server.rss=1,9,9",
             "ramp/lte-m/gauge/server.rss=1,9,9,9,9",
             "ramp/lte-m/gauge/server.rss=0,0,0,0",
             "ramp/lte-m/gauge/server.rss=1,9,10,10",
             "ramp/lte-m/gauge/server.rss=2,9,1,3",
         }) {
        CAPTURE(wrong);
        CHECK(is_refused(first + wrong + "\nend=1\n"));
    }
}

TEST_CASE("a summary text cut short anywhere is refused", "[load]") {
    std::string const text = drawn(4).to_text();

    for (std::size_t length = 0; length < text.size(); length += 1 + length / 16) {
        if (!is_refused(text.substr(0, length))) { FAIL(length); }
    }
    CHECK(is_refused(text.substr(0, text.size() - 1)));
}

TEST_CASE("a summary text with too many phases and links is refused", "[load]") {
    auto const text_of = [](std::size_t cells) {
        std::string text = "drydock.load.summary=1\n";
        for (std::size_t i = 0; i < cells; ++i) {
            text += "p" + std::to_string(1000 + i) + "/wired/gauge/server.rss=1,9,9,9\n";
        }
        return text + "end=" + std::to_string(cells) + "\n";
    };

    CHECK_FALSE(is_refused(text_of(Summary::k_cells_max)));
    CHECK(is_refused(text_of(Summary::k_cells_max + 1)));
}
