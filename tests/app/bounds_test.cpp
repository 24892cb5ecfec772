// What one HTTP connection may take: bytes, time, and its place among the others.
#include "tests/support/guest.h"
#include "tests/support/small_cloud.h"

#include <list>

using namespace drydock;
using test::Guest;
using test::SmallCloud;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string const k_health = "GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n";

std::string status_line(Guest const& guest) { return guest.heard().substr(0, guest.heard().find("\r\n")); }

struct Hall {
    explicit Hall(std::size_t connections_max = 4096) : town(with(connections_max)) { REQUIRE(town.start()); }
    static CloudOptions with(std::size_t connections_max) {
        CloudOptions options;
        options.http.connections_max = connections_max;
        return options;
    }
    Guest& guest() { return guests.emplace_back(town.world.loop(), town.network, town.plain()); }

    SmallCloud town;
    std::list<Guest> guests;
};

}  // namespace

TEST_CASE("a head that comes too slowly is closed after ten seconds, however it drips", "[http]") {
    Hall hall;
    Guest& half = hall.guest();
    half.send(k_health.substr(0, 30));
    Guest& dripping = hall.guest();
    dripping.send(k_health.substr(0, 10));
    dripping.drip("X-Filler: " + std::string(1000, 'x'), milliseconds(500));
    hall.town.pass(milliseconds(9900));
    CHECK_FALSE(half.ended());
    CHECK_FALSE(dripping.ended());
    hall.town.pass(milliseconds(200));
    CHECK(half.ended());
    CHECK(dripping.ended());
}

TEST_CASE("a body that comes too slowly is closed after thirty seconds", "[http]") {
    Hall hall;
    Guest& slow = hall.guest();
    slow.send("POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    slow.drip(std::string(1000, ' '), seconds(1));
    hall.town.pass(milliseconds(29'900));
    CHECK_FALSE(slow.ended());
    hall.town.pass(milliseconds(200));
    CHECK(slow.ended());
}

TEST_CASE("an idle connection is closed after thirty seconds", "[http]") {
    Hall hall;
    Guest& idle = hall.guest();
    idle.send(k_health);
    hall.town.pass(seconds(20));
    idle.send(k_health);  // not idle: another thirty
    hall.town.pass(milliseconds(29'900));
    CHECK_FALSE(idle.ended());
    hall.town.pass(milliseconds(200));
    CHECK(idle.ended());
}

TEST_CASE("a reader who takes no answers is closed after thirty seconds", "[http]") {
    Hall hall;
    Guest& deaf = hall.guest();
    deaf.stop_reading();
    for (int i = 0; i < 50; ++i) { deaf.send("GET /api/v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"); }
    hall.town.pass(seconds(5));
    CHECK(hall.town.figure("drydock_http_connections") == 2);  // his, and the one that asks
    hall.town.pass(seconds(61));
    CHECK(hall.town.figure("drydock_http_connections") == 1);
}

TEST_CASE("heads and bodies are bounded in bytes", "[http]") {
    Hall hall;
    Guest& long_head = hall.guest();
    long_head.send("GET /api/v1/health HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'x') + "\r\n\r\n");
    Guest& endless_line = hall.guest();
    endless_line.send("GET /" + std::string(9000, 'x'));
    Guest& many_headers = hall.guest();
    std::string many = "GET /api/v1/health HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 100; ++i) { many += "X: y\r\n"; }
    many_headers.send(many + "\r\n");
    Guest& announced = hall.guest();
    announced.send("POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
    Guest& chunked = hall.guest();
    chunked.send("POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 33; ++i) { chunked.send("8000\r\n" + std::string(0x8000, 'x') + "\r\n"); }
    hall.town.pass(seconds(3));
    for (Guest const* guest : {&long_head, &endless_line, &many_headers}) {
        CHECK(status_line(*guest) == "HTTP/1.1 400 Bad Request");
        CHECK(guest->ended());
    }
    for (Guest const* guest : {&announced, &chunked}) {
        CHECK(status_line(*guest) == "HTTP/1.1 413 Payload Too Large");
        CHECK(guest->ended());
    }
}

TEST_CASE("with too many connections the longest idle one goes, and with none idle the newest", "[http]") {
    Hall hall(2);
    Guest& first = hall.guest();
    first.send(k_health);
    hall.town.pass(milliseconds(10));
    Guest& second = hall.guest();
    second.send(k_health);
    hall.town.pass(milliseconds(10));
    Guest& third = hall.guest();
    third.send(k_health);
    hall.town.pass(milliseconds(10));
    CHECK(first.ended());
    CHECK_FALSE(second.ended());
    CHECK(status_line(third) == "HTTP/1.1 200 OK");
    second.send(k_health.substr(0, 20));
    third.send(k_health.substr(0, 20));
    hall.town.pass(milliseconds(10));
    Guest& fourth = hall.guest();
    fourth.send(k_health);
    hall.town.pass(milliseconds(10));
    CHECK(status_line(fourth) == "HTTP/1.1 503 Service Unavailable");
    CHECK_FALSE(second.ended());
    CHECK_FALSE(third.ended());
}
