#include "server/net/tcp.h"

#include "server/base/real_loop.h"

#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace drydock;

namespace {

// One connection of a network's own two ends.
struct Pair {
    Pair() {
        listener->start([this](StreamPtr stream, Arrival) { accepted = std::move(stream); });
        network.connect(listener->address(), [this](result<StreamPtr> stream) { dialed = std::move(*stream); });
        run_until([this] { return accepted != nullptr && dialed != nullptr; });
    }

    template <class Condition>
    void run_until(Condition condition) {
        while (!condition()) { REQUIRE(real.reactor().run_one() == 1); }
    }

    RealLoop real;
    TcpNetwork network{real};
    std::unique_ptr<Listener> listener = network.listen({"127.0.0.1", 0}).value();
    StreamPtr accepted;
    StreamPtr dialed;
};

// So many connections from end to end, whoever accepts them.
std::vector<StreamPtr> dial(RealLoop& real, TcpNetwork& network, Address const& to, std::size_t count) {
    std::vector<StreamPtr> dialed;
    for (std::size_t i = 0; i < count; ++i) {
        network.connect(to, [&](result<StreamPtr> stream) { dialed.push_back(std::move(*stream)); });
    }
    while (dialed.size() < count) { REQUIRE(real.reactor().run_one() == 1); }
    return dialed;
}

// Writes until nothing more is taken. Gives how much was.
std::size_t fill(Stream& stream) {
    std::vector<std::byte> const chunk(65'536);
    for (std::size_t put = 0;;) {
        auto const taken = stream.write_some(chunk);
        if (!taken) {
            REQUIRE(is_would_block(taken.error()));
            return put;
        }
        put += *taken;
    }
}

// Reads what is there, and goes on when there is more.
struct Drain {
    explicit Drain(Stream& its_stream) : stream(its_stream) { on_readable(); }
    void on_readable() {
        std::vector<std::byte> chunk(65'536);
        for (auto got = stream.read_some(chunk); got; got = stream.read_some(chunk)) { read += *got; }
        stream.wait_readable(on_ready<&Drain::on_readable>(*this));
    }

    Stream& stream;
    std::size_t read = 0;
};

// Works for a millisecond each time, and counts how often it had when something was due that the first time planned.
struct Toil {
    explicit Toil(Clock& its_clock) : clock(its_clock) {}
    void work() {
        TimePoint const end = clock.now() + std::chrono::milliseconds(1);
        if (done == 0) {
            clock.call_at(end, [this] { done_when_due = done; });
        }
        while (clock.now() < end) {}
        ++done;
    }

    Clock& clock;
    std::size_t done = 0;
    std::optional<std::size_t> done_when_due;
};

struct Flag {
    void raise() { ++count; }
    int count = 0;
};

}  // namespace

TEST_CASE("both ends of a connection can write at once", "[net]") {
    Pair pair;
    for (Stream* const stream : {pair.accepted.get(), pair.dialed.get()}) {
        Flag writable;
        stream->wait_writable(on_ready<&Flag::raise>(writable));
        pair.run_until([&] { return writable.count == 1; });
    }
}

TEST_CASE("who found no room to write hears of it when there is some, as often as that happens", "[net]") {
    Pair pair;
    for (bool const is_accepted : {true, false}) {
        Stream& writer = is_accepted ? *pair.accepted : *pair.dialed;
        Drain reader(is_accepted ? *pair.dialed : *pair.accepted);
        std::size_t written = 0;
        for (int i = 1; i <= 3; ++i) {
            written += fill(writer);
            Flag writable;
            writer.wait_writable(on_ready<&Flag::raise>(writable));
            CHECK(writable.count == 0);
            pair.run_until([&] { return writable.count == 1; });
        }
        pair.run_until([&] { return reader.read == written; });
    }
}

TEST_CASE("everybody who came at once is let in", "[net]") {
    constexpr std::size_t k_visitors = 300;  // more than one turn takes
    RealLoop real;
    TcpNetwork network(real);
    auto const listener = network.listen({"127.0.0.1", 0}).value();
    std::vector<StreamPtr> accepted;
    auto const dialed = dial(real, network, listener->address(), k_visitors);
    listener->start([&](StreamPtr stream, Arrival) { accepted.push_back(std::move(stream)); });
    while (accepted.size() < k_visitors) { REQUIRE(real.reactor().run_one() == 1); }
}

TEST_CASE("of many who came at once the first may be answered before others are let in, the rest after", "[net]") {
    constexpr std::size_t k_visitors = 200;
    RealLoop real;
    TcpNetwork network(real);
    auto const listener = network.listen({"127.0.0.1", 0}).value();
    auto const dialed = dial(real, network, listener->address(), k_visitors);
    std::vector<Arrival> arrivals;
    listener->start([&](StreamPtr, Arrival arrival) { arrivals.push_back(arrival); });
    while (arrivals.size() < k_visitors) { REQUIRE(real.reactor().run_one() == 1); }
    CHECK(arrivals.front() == Arrival::among_few);
    CHECK(arrivals.back() == Arrival::in_rush);
    CHECK(std::count(arrivals.begin(), arrivals.end(), Arrival::in_rush) > static_cast<long>(k_visitors / 2));
}

TEST_CASE("who is let in with his first bytes can be read at once, before who came earlier and is silent", "[net]") {
    RealLoop real;
    TcpNetwork network(real, TcpNetwork::LetIn::with_first_bytes);
    auto const listener = network.listen({"127.0.0.1", 0}).value();
    std::optional<std::size_t> first_read;
    listener->start([&](StreamPtr stream, Arrival) {
        Bytes chunk(8);
        auto const got = stream->read_some(chunk);
        if (!first_read) { first_read = got ? *got : 0; }
    });
    auto const dialed = dial(real, network, listener->address(), 2);
    REQUIRE(*dialed.back()->write_some(Bytes(3)) == 3);
    while (!first_read) { REQUIRE(real.reactor().run_one() == 1); }
    CHECK(first_read == 3);
}

TEST_CASE("a connect whose request the kernel had to repeat is counted, while it is under way and afterwards",
          "[net]") {
    // Room for one who waits to be accepted: the request of the next is dropped.
    int const door = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(door, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(door, 0) == 0);
    REQUIRE(::getsockname(door, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    Address const address{"127.0.0.1", ntohs(at.sin_port)};
    RealLoop real;
    TcpNetwork network(real);
    auto dialed = dial(real, network, address, 1);
    network.connect(address, [&](result<StreamPtr> stream) { dialed.push_back(std::move(*stream)); });
    CHECK(network.repeated_connects() == 0);
    while (network.repeated_connects() == 0) { real.reactor().run_one_for(std::chrono::milliseconds(50)); }
    CHECK(dialed.size() == 1);
    ::close(::accept4(door, nullptr, nullptr, SOCK_CLOEXEC));
    while (dialed.size() < 2) { REQUIRE(real.reactor().run_one() == 1); }
    CHECK(network.repeated_connects() == 1);
    ::close(door);
}

TEST_CASE("what falls due while many connections are ready does not wait for all of them", "[net]") {
    constexpr std::size_t k_connections = 16;
    RealLoop real;
    TcpNetwork network(real);
    auto const listener = network.listen({"127.0.0.1", 0}).value();
    std::vector<StreamPtr> accepted;
    std::vector<StreamPtr> dialed;
    listener->start([&](StreamPtr stream, Arrival) { accepted.push_back(std::move(stream)); });
    for (std::size_t i = 0; i < k_connections; ++i) {
        network.connect(listener->address(), [&](result<StreamPtr> stream) { dialed.push_back(std::move(*stream)); });
    }
    while (accepted.size() + dialed.size() < 2 * k_connections) { REQUIRE(real.reactor().run_one() == 1); }
    Toil toil(real.loop().clock);
    for (StreamPtr const& stream : accepted) { stream->wait_readable(on_ready<&Toil::work>(toil)); }
    for (StreamPtr const& stream : dialed) { REQUIRE(*stream->write_some(Bytes(1)) == 1); }
    while (toil.done < k_connections || !toil.done_when_due) { REQUIRE(real.reactor().run_one() == 1); }
    CHECK(*toil.done_when_due < k_connections);
}

TEST_CASE("a listener ends when it is closed, by whom it called or before its start", "[net]") {
    RealLoop real;
    TcpNetwork network(real);
    auto listener = network.listen({"127.0.0.1", 0}).value();
    Address const address = listener->address();
    SECTION("by whom it called") {
        int visitors = 0;
        listener->start([&](StreamPtr, Arrival) {
            ++visitors;
            listener.reset();
        });
        network.connect(address, [](result<StreamPtr> stream) { CHECK(stream); });
        real.reactor().run();
        CHECK(visitors == 1);
    }
    SECTION("before its start") {
        listener->close();
        listener->start([](StreamPtr, Arrival) { FAIL("nobody can come"); });
        CHECK(real.reactor().run() == 0);
    }
    real.reactor().restart();
    std::optional<error_code> refusal;
    network.connect(address, [&](result<StreamPtr> stream) { refusal = stream.error(); });
    real.reactor().run();
    CHECK(refusal == error_code(boost::asio::error::connection_refused));
}
