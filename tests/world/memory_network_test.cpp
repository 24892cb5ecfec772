#include "sim/link/memory_network.h"

#include "tests/link/ends.h"
#include "tests/support/printing.h"

#include <catch2/catch.hpp>

#include <optional>

namespace {

using namespace drydock;
using namespace drydock::test;
using namespace std::chrono_literals;

struct MemoryBench {
    explicit MemoryBench(End::Reads reads = End::Reads::all, WireDelay delay = {10ms, Duration::zero()})
        : world(Seed{1}),
          network(std::in_place, world, delay),
          server(world.loop(), *network, {"cloud", 8080}, reads),
          device(world.loop(), *network) {
        device.dial(server.address());
        run_for(20ms);
    }
    void run_for(Duration time) { world.run_until(world.now() + time); }

    World world;
    std::optional<MemoryNetwork> network;
    Server server;
    Device device;
};

}  // namespace

TEST_CASE("in memory a connect takes a round trip and bytes half of one", "[world]") {
    MemoryBench bench(End::Reads::echo);
    CHECK(bench.device.told_at() == std::vector{TimePoint(20ms)});
    bench.device.end().write("hello");
    bench.run_for(1h);

    CHECK(bench.server.end().times() == std::vector{TimePoint(30ms)});
    CHECK(bench.device.end().times() == std::vector{TimePoint(40ms)});
    CHECK(bench.device.end().text() == "hello");
}

TEST_CASE("in memory both ends know each other's address", "[world]") {
    MemoryBench bench;
    CHECK(bench.device.end().stream().peer() == Address{"cloud", 8080});
    CHECK(bench.server.end().stream().peer().host == "fleet");
    bench.device.dial({"nobody", 1});
    bench.run_for(1s);
    CHECK(bench.device.outcomes().at(1) == boost::asio::error::connection_refused);
    CHECK(bench.network->listen({"cloud", 8080}).error() == boost::asio::error::address_in_use);
}

TEST_CASE("in memory writes arrive in order whatever their delay", "[world]") {
    MemoryBench bench(End::Reads::all, {1ms, 5ms});
    std::string text;
    for (int i = 0; i < 200; ++i) {
        std::string const piece = std::to_string(i) + ",";
        text += piece;
        bench.device.end().write(piece);
        bench.run_for(100us);
    }
    bench.run_for(1s);
    CHECK(bench.server.end().text() == text);
}

TEST_CASE("in memory a close is an end for the reader and a reset for the writer", "[world]") {
    MemoryBench bench;
    bench.device.end().write("last words");
    bench.device.drop();
    CHECK(bench.server.end().write("not yet known") == 13);
    bench.run_for(1s);

    CHECK(bench.server.end().text() == "last words");
    CHECK(bench.server.end().ended() == boost::asio::error::eof);
    CHECK(bench.server.end().stream().write_some(as_bytes("x")).error() == boost::asio::error::connection_reset);
}

TEST_CASE("in memory one way may end while the other goes on", "[world]") {
    MemoryBench bench;
    bench.device.end().stream().shutdown_send();
    bench.run_for(1s);
    CHECK(bench.server.end().ended() == boost::asio::error::eof);
    bench.server.end().write("still");
    bench.run_for(1s);
    CHECK(bench.device.end().text() == "still");
    CHECK_FALSE(bench.device.end().stream().write_some(as_bytes("x")));
}

TEST_CASE("in memory a reader that is slow pushes back and loses nothing", "[world]") {
    MemoryBench bench(End::Reads::nothing);
    std::string text;
    while (text.size() < 300'000) { text += std::to_string(text.size()) + ","; }
    bench.device.end().write_all(text);
    bench.run_for(1h);
    CHECK(bench.server.end().text().empty());
    CHECK_FALSE(bench.device.end().stream().write_some(as_bytes("x")));
    bench.server.end().read_on();
    bench.run_for(1s);
    CHECK(bench.server.end().text() == text);
}

TEST_CASE("in memory a writer that waits hears that the peer is gone", "[world]") {
    MemoryBench bench(End::Reads::nothing);
    bench.device.end().write_all(std::string(100'000, 'x'));
    bench.run_for(1s);
    struct Waiter {
        void on_writable() { is_told = true; }
        bool is_told = false;
    } waiter;
    bench.device.end().stream().wait_writable(on_ready<&Waiter::on_writable>(waiter));
    bench.run_for(1s);
    CHECK_FALSE(waiter.is_told);
    bench.server.end().hang_up();
    bench.run_for(1s);
    CHECK(waiter.is_told);
    CHECK(bench.device.end().stream().write_some(as_bytes("x")).error() == boost::asio::error::connection_reset);
}

TEST_CASE("in memory connections outlive their network", "[world]") {
    MemoryBench bench(End::Reads::echo);
    bench.network.reset();
    bench.device.end().write("hello");
    bench.run_for(1s);
    CHECK(bench.device.end().text() == "hello");
}

TEST_CASE("in memory a stream that is closed forgets who waits", "[world]") {
    MemoryBench bench(End::Reads::echo);
    bench.device.end().write("hello");
    bench.run_for(15ms);
    bench.device.drop();
    bench.server.end().hang_up();
    bench.run_for(1s);
    CHECK(bench.device.told_at().size() == 1);
}
