// Ways that are lost: power cuts, outages, forgetful NATs, half-open connections.
#include "tests/link/bench.h"
#include "tests/support/printing.h"

#include <catch2/catch.hpp>

namespace {

using namespace drydock;
using namespace drydock::test;
using namespace std::chrono_literals;

LinkProfile with_attach() {
    LinkProfile profile = steady(100ms);
    profile.attach = {2s, 2s};
    return profile;
}

// A cloud that takes each connection over from the one before, and closes that.
struct Newest {
    void operator()() const {
        for (std::size_t i = 0; i + 1 < server.count(); ++i) { server.end(i).hang_up(); }
    }
    Server& server;
};

}  // namespace

TEST_CASE("a lost way swallows bytes of both sides and tells nobody", "[link]") {
    bool const is_plain = GENERATE(true, false);
    LinkBench bench(is_plain ? LinkProfile{} : steady(100ms));
    bench.connect();
    bench.device.end().write("heard");
    bench.run_for(1s);
    bench.link.lose_way();
    CHECK(bench.device.end().write("unheard") == 7);
    CHECK(bench.server.end().write("unheard") == 7);
    bench.run_for(1h);

    CHECK(bench.server.end().text() == "heard");
    CHECK(bench.device.end().text().empty());
    CHECK_FALSE(bench.server.end().ended());
    CHECK_FALSE(bench.device.end().ended());
    bench.device.drop();
    bench.run_for(1h);
    CHECK_FALSE(bench.server.end().ended());
}

TEST_CASE("bytes under way are lost with their way", "[link]") {
    LinkBench bench(steady(100ms));
    bench.connect();
    bench.device.end().write("under way");
    bench.server.end().write("under way");
    bench.run_for(20ms);
    bench.link.lose_way();
    bench.run_for(1h);

    CHECK(bench.server.end().text().empty());
    CHECK(bench.device.end().text().empty());
}

TEST_CASE("after its way is lost a device connects anew", "[link]") {
    bool const is_plain = GENERATE(true, false);
    LinkBench bench(is_plain ? LinkProfile{} : steady(100ms), 1, End::Reads::echo);
    bench.connect();
    bench.link.lose_way();
    bench.connect();
    bench.device.end().write("again");
    bench.run_for(1s);

    CHECK(bench.device.end().text() == "again");
    REQUIRE(bench.server.count() == 2);
    CHECK_FALSE(bench.server.end(0).ended());
    CHECK(bench.server.end(1).text() == "again");
}

TEST_CASE("a power cut ends connections without a word", "[link]") {
    bool const is_plain = GENERATE(true, false);
    LinkBench bench(is_plain ? LinkProfile{} : with_attach());
    bench.connect();
    bench.device.end().write("under way");
    bench.link.detach();
    bench.device.drop();
    bench.run_for(1h);
    REQUIRE(bench.server.count() == 1);
    CHECK_FALSE(bench.server.end().ended());

    TimePoint const power = bench.world.now();
    bench.connect();
    CHECK(bench.device.told_at().back() == power + (is_plain ? 0ms : 2100ms));
    Newest{bench.server}();
    bench.run_for(1h);
    CHECK(bench.server.count() == 2);
    CHECK_FALSE(bench.device.end().ended());
}

TEST_CASE("a power cut ends what is connecting", "[link]") {
    Duration const cut_after = GENERATE(1000ms, 2050ms);
    LinkBench bench(with_attach());
    bench.link.attach();
    bench.device.dial(bench.server.address());
    bench.run_for(cut_after);
    bench.link.detach();
    bench.run_for(1h);

    REQUIRE(bench.device.outcomes().size() == 1);
    CHECK(bench.device.outcomes()[0] == boost::asio::error::operation_aborted);
    CHECK(bench.server.count() == 0);
}

TEST_CASE("a power cut within the handshake leaves the server a connection that is silent", "[link]") {
    LinkProfile const profile;
    World world(Seed{1});
    MemoryNetwork network(world, WireDelay{10ms, Duration::zero()});
    Server server(world.loop(), network, {"cloud", 8080});
    LinkGround const ground(world.loop(), network, profile);
    Link link(ground, 1);
    Device device(world.loop(), link);
    link.attach();
    device.dial(server.address());
    world.run_until(at(15ms));
    link.detach();
    world.run_until(at(1h));

    CHECK(device.outcomes().at(0) == boost::asio::error::operation_aborted);
    REQUIRE(server.count() == 1);
    CHECK_FALSE(server.end().ended());
}

TEST_CASE("an outage takes the connections of a cell, and after it devices attach again", "[link]") {
    LinkBench bench(with_attach());
    Link other_link(bench.ground, 2);
    Device other(bench.world.loop(), other_link);
    bench.connect();
    other_link.attach();
    other.dial(bench.server.address());
    bench.run_for(10s);
    REQUIRE(other.is_connected());

    for (Link* link : {&bench.link, &other_link}) { link->set_outage(true); }
    bench.device.end().write("lost");
    other.end().write("lost");
    bench.device.dial(bench.server.address());
    other.dial(bench.server.address());
    bench.run_for(1h);
    CHECK(bench.device.told_at().size() == 1);
    CHECK(other.told_at().size() == 1);
    CHECK_FALSE(bench.server.end(0).ended());

    TimePoint const over = bench.world.now();
    for (Link* link : {&bench.link, &other_link}) { link->set_outage(false); }
    bench.run_for(1min);
    CHECK(bench.device.told_at().at(1) == over + 2100ms);
    CHECK(other.told_at().at(1) == over + 2100ms);
    CHECK(bench.server.end(0).text().empty());
}

TEST_CASE("a connect that an outage meets goes on after it", "[link]") {
    LinkBench bench(with_attach());
    bench.link.attach();
    bench.device.dial(bench.server.address());
    bench.run_for(2050ms);
    bench.link.set_outage(true);
    bench.run_for(1min);
    CHECK(bench.server.count() == 0);
    CHECK(bench.device.outcomes().empty());
    bench.link.set_outage(false);
    bench.run_for(1min);

    CHECK(bench.device.outcomes() == std::vector{error_code()});
    CHECK(bench.device.told_at().at(0) == at(2050ms + 1min + 2100ms));
    CHECK(bench.server.count() == 1);
}

TEST_CASE("a device without power does not attach when an outage ends", "[link]") {
    LinkBench bench(with_attach());
    bench.link.set_outage(true);
    bench.link.set_outage(false);
    bench.run_for(1min);
    CHECK_FALSE(bench.link.is_attached());
    bench.link.set_outage(true);
    bench.link.attach();
    bench.run_for(1min);
    CHECK_FALSE(bench.link.is_attached());
    bench.link.set_outage(false);
    bench.run_for(2s);
    CHECK(bench.link.is_attached());
}

TEST_CASE("a NAT forgets a connection that was idle too long", "[link]") {
    LinkProfile profile = steady(100ms);
    profile.nat_idle = 5min;
    LinkBench bench(profile, 1, End::Reads::echo);
    bench.connect();
    bench.run_for(4min);
    bench.device.end().write("a");
    bench.run_for(4min);
    bench.device.end().write("b");
    bench.run_for(1s);
    REQUIRE(bench.device.end().text() == "ab");
    bool const server_speaks = GENERATE(true, false);
    bench.run_for(5min);
    if (server_speaks) {
        bench.server.end().write("lost");
    } else {
        bench.device.end().write("lost");
    }
    bench.run_for(1min);
    bench.device.end().write("lost");
    bench.run_for(1h);

    CHECK(bench.server.end().text() == "ab");
    CHECK(bench.device.end().text() == "ab");
    CHECK_FALSE(bench.server.end().ended());
    CHECK_FALSE(bench.device.end().ended());
    bench.device.drop();
    bench.run_for(1min);
    CHECK_FALSE(bench.server.end().ended());
}

TEST_CASE("the end that a server says over a forgotten way is not heard", "[link]") {
    LinkProfile profile = steady(100ms);
    profile.nat_idle = 5min;
    LinkBench bench(profile);
    bench.connect();
    bench.run_for(6min);
    bench.server.end().hang_up();
    bench.run_for(1h);
    CHECK_FALSE(bench.device.end().ended());
}

TEST_CASE("a newer connect ends the older", "[link]") {
    LinkBench bench(with_attach());
    bench.device.dial(bench.server.address());
    bench.device.dial(bench.server.address());
    bench.link.attach();
    bench.run_for(1min);

    CHECK(bench.device.outcomes() == std::vector{error_code(boost::asio::error::operation_aborted), error_code()});
    CHECK(bench.server.count() == 1);
}

TEST_CASE("what the network below says of a connect is told", "[link]") {
    LinkBench bench(steady(100ms));
    bench.link.attach();
    bench.device.dial({"nobody", 1});
    bench.run_for(1s);
    CHECK(bench.device.outcomes() == std::vector{error_code(boost::asio::error::connection_refused)});
    CHECK(bench.device.told_at() == std::vector{at(100ms)});
}

TEST_CASE("bytes are counted each way, those sent in vain too", "[link]") {
    bool const is_plain = GENERATE(true, false);
    LinkBench bench(is_plain ? LinkProfile{} : steady(100ms), 1, End::Reads::echo);
    bench.connect();
    bench.device.end().write("12345");
    bench.run_for(1s);
    CHECK(bench.link.bytes_up() == 5);
    CHECK(bench.link.bytes_down() == 5);
    bench.link.lose_way();
    bench.device.end().write("678");
    CHECK(bench.link.bytes_up() == 8);
    bench.link.detach();
    bench.device.end().write("no power");
    CHECK(bench.link.bytes_up() == 8);
}

TEST_CASE("a device that is cut again and again leaves at most eight silent connections", "[link]") {
    LinkBench bench(with_attach());
    for (unsigned i = 0; i < 12; ++i) {
        bench.connect();
        bench.link.detach();
        bench.device.drop();
    }
    bench.run_for(1min);

    std::size_t silent = 0;
    for (std::size_t i = 0; i < bench.server.count(); ++i) { silent += bench.server.end(i).ended() ? 0U : 1U; }
    CHECK(bench.server.count() == 12);
    CHECK(silent == 8);
    CHECK_FALSE(bench.server.end(11).ended());
}

TEST_CASE("a link may end before its streams", "[link]") {
    bool const is_plain = GENERATE(true, false);
    LinkProfile const profile = is_plain ? LinkProfile{} : steady(100ms);
    World world(Seed{1});
    MemoryNetwork network(world);
    Server server(world.loop(), network, {"cloud", 8080});
    LinkGround const ground(world.loop(), network, profile);
    auto link = std::make_unique<Link>(ground, 1);
    Device device(world.loop(), *link);
    link->attach();
    device.dial(server.address());
    REQUIRE(world.run_while([&] { return !device.is_connected(); }));
    device.end().write("under way");
    device.dial(server.address());
    link.reset();
    CHECK(device.end().write("nothing") == 0);
    world.run_until(at(1min));

    CHECK(server.end().ended());
    CHECK(device.outcomes().size() == 1);
    device.drop();
}
