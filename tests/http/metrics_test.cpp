// The page of figures, read by a parser that takes the OpenMetrics text form and nothing else.
#include "server/http/open_metrics.h"
#include "tests/support/api_desk.h"

#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace drydock;

namespace {

class FiguresPage {
public:
    explicit FiguresPage(std::string const& text) {
        REQUIRE(text.ends_with("\n"));
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);) {
            INFO(line);
            REQUIRE_FALSE(ended_);
            take(line);
        }
        CHECK(ended_);
    }

    [[nodiscard]] double value(std::string const& sample) const {
        INFO(sample);
        REQUIRE(samples_.contains(sample));
        return samples_.at(sample);
    }

private:
    // A family is named once; its TYPE stands first, then UNIT, HELP and its samples.
    void take(std::string const& line) {
        static std::regex const meta("# (TYPE|UNIT|HELP) ([a-z_]+) (.+)");
        static std::regex const sample("([a-z_]+)(\\{[a-z_]+=\"[a-z0-9_]+\"\\})? ([0-9.e+-]+)");
        std::smatch found;
        if (line == "# EOF") {
            ended_ = true;
        } else if (std::regex_match(line, found, meta)) {
            if (found[1] == "TYPE") {
                CHECK(families_.insert(found[2]).second);
                family_ = found[2];
                type_ = found[3];
                CHECK((type_ == "counter" || type_ == "gauge"));
            }
            CHECK(found[2] == family_);
            if (found[1] == "UNIT") { CHECK(family_.ends_with("_" + found[3].str())); }
        } else {
            REQUIRE(std::regex_match(line, found, sample));
            CHECK(found[1] == family_ + (type_ == "counter" ? "_total" : ""));
            double const value = std::stod(found[3]);
            CHECK((type_ == "gauge" || value >= 0));
            CHECK(samples_.emplace(found[1].str() + found[2].str(), value).second);
        }
    }

    std::map<std::string, double> samples_;
    std::set<std::string> families_;
    std::string family_;
    std::string type_;
    bool ended_ = false;
};

}  // namespace

TEST_CASE("a page of figures has its types, units, sums and end", "[http]") {
    OpenMetrics page;
    page.gauge("drydock_heap_bytes", "Heap.", 1234567890123.0);
    page.counters("drydock_logins", "Logins.", "outcome", {{"accepted", 2}, {"later", 0}});
    page.counter("process_cpu_seconds", "CPU.", 0.25);
    CHECK(page.finish() ==
          "# TYPE drydock_heap_bytes gauge\n# UNIT drydock_heap_bytes bytes\n# HELP drydock_heap_bytes Heap.\n"
          "drydock_heap_bytes 1234567890123\n"
          "# TYPE drydock_logins counter\n# HELP drydock_logins Logins.\n"
          "drydock_logins_total{outcome=\"accepted\"} 2\ndrydock_logins_total{outcome=\"later\"} 0\n"
          "# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n# HELP process_cpu_seconds CPU.\n"
          "process_cpu_seconds_total 0.25\n"
          "# EOF\n");
}

TEST_CASE("the cloud counts what it did, without a session and at both addresses", "[http][API-01]") {
    test::ApiDesk desk;
    test::Town town(desk);
    static_cast<void>(town.mint());
    CHECK(desk.ask({}, "GET", "/api/v1/nothing").status == 404);
    HttpAnswer const answer = desk.ask({}, "GET", "/metrics");
    REQUIRE(answer.status == 200);
    FiguresPage const page(answer.body);
    CHECK(page.value("drydock_devices_online") == 0);
    CHECK(page.value("drydock_logins_total{outcome=\"accepted\"}") == 0);
    CHECK(page.value("drydock_logins_total{outcome=\"invalid_token\"}") == 0);
    CHECK(page.value("drydock_handshakes") == 0);
    CHECK(page.value("drydock_handshakes_refused_total") == 0);
    CHECK(page.value("drydock_http_requests_total{status=\"2xx\"}") > 5);
    CHECK(page.value("drydock_http_requests_total{status=\"4xx\"}") == 1);
    CHECK(page.value("drydock_http_connections") >= 1);
    CHECK(page.value("drydock_store_transactions_total") >= 5);
    CHECK(page.value("drydock_store_changes_total{outcome=\"durable\"}") >= 5);
    CHECK(page.value("drydock_store_rows_total") >= 8);
    CHECK(page.value("drydock_store_waiting") == 0);
    FiguresPage const again(desk.ask({}, "GET", "/api/v1/metrics").body);
    CHECK(again.value("drydock_http_requests_total{status=\"2xx\"}") ==
          page.value("drydock_http_requests_total{status=\"2xx\"}") + 1);
}
