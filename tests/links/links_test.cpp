#include "rig/links/links.h"

#include "rig/scenario/link_reader.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

using namespace drydock;
using namespace drydock::rig;

TEST_CASE("the kept plot of each link profile is what the command makes", "[links]") {
    for (LinkProfile const& link : built_in_links()) {
        INFO(link.name << ": drydock links --plot fixtures/links makes the plots anew");
        std::ifstream file(DRYDOCK_SOURCE "/fixtures/links/" + link.name + ".svg");
        REQUIRE(file);
        std::string const kept((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        CHECK(kept == link_plot(link));
        CHECK(kept.size() < 15 * 1024);
    }
}

TEST_CASE("a plot shows what its profile produces", "[links]") {
    LinkProfile link;
    link.name = "some";
    link.round_trip = {std::chrono::milliseconds(100), std::chrono::milliseconds(400)};
    link.attach = {std::chrono::seconds(1), std::chrono::seconds(6)};
    std::string const plain = link_plot(link);
    CHECK(plain == link_plot(link));
    CHECK(plain.find("nan") == std::string::npos);
    LinkProfile lossy = link;
    lossy.loss_millionths = 20'000;
    LinkProfile slow = link;
    slow.round_trip.p95 = std::chrono::milliseconds(800);
    CHECK(link_plot(lossy) != plain);
    CHECK(link_plot(slow) != plain);
    LinkProfile const still{.name = "still", .round_trip = {}, .attach = {}};
    CHECK(link_plot(still).find("nan") == std::string::npos);
}

TEST_CASE("the table names each profile with its figures", "[links]") {
    std::string const table = link_table(built_in_links());
    for (LinkProfile const& link : built_in_links()) { CHECK(table.find("\n" + link.name + " ") != std::string::npos); }
    CHECK(table.find("375 kbit/s") != std::string::npos);
    CHECK(table.find("2 h 4 min") != std::string::npos);
    CHECK(table.find("54 min after 20 s") != std::string::npos);
    CHECK(duration_text(std::chrono::milliseconds(1600)) == "1.6 s");
    CHECK(rate_text(0) == "no limit");
}
