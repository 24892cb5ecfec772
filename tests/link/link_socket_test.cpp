// The same link over real sockets. Time is real here: nothing is judged by an upper bound.
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "server/net/tls.h"
#include "sim/link/link.h"
#include "tests/link/ends.h"
#include "tests/support/printing.h"

#include <catch2/catch.hpp>

namespace {

using namespace drydock;
using namespace drydock::test;
using namespace std::chrono_literals;

LinkProfile short_profile() {
    LinkProfile profile;
    profile.name = "short";
    profile.round_trip = {10ms, 10ms};
    profile.attach = {20ms, 20ms};
    profile.up_bytes = 10'000'000;
    profile.down_bytes = 10'000'000;
    return profile;
}

struct SocketBench {
    explicit SocketBench(LinkProfile its_profile, End::Reads reads = End::Reads::echo)
        : profile(std::move(its_profile)),
          network(real),
          server(real.loop(), network, {"127.0.0.1", 0}, reads),
          ground(real.loop(), network, profile),
          link(ground, 1),
          device(real.loop(), link) {}

    template <class Done>
    void run_until(Done done) {
        while (!done()) { REQUIRE(real.reactor().run_one() == 1); }
    }
    void connect() {
        link.attach();
        device.dial(server.address());
        std::size_t const before = device.told_at().size();
        run_until([this, before] { return device.told_at().size() > before; });
    }

    RealLoop real;
    LinkProfile profile;
    TcpNetwork network;
    Server server;
    LinkGround ground;
    Link link;
    Device device;
};

}  // namespace

TEST_CASE("over sockets bytes come in order, all of them, and not before their time", "[link]") {
    SocketBench bench(short_profile());
    TimePoint const begin = bench.real.loop().clock.now();
    bench.connect();
    CHECK(bench.device.told_at().at(0) - begin >= 30ms);
    TimePoint const connected = bench.real.loop().clock.now();
    std::string text;
    for (unsigned i = 0; i < 5; ++i) {
        std::string const piece = "ping " + std::to_string(i) + ",";
        bench.device.end().write(piece);
        text += piece;
        bench.run_until([&] { return bench.device.end().text().size() == text.size(); });
    }

    CHECK(bench.device.end().text() == text);
    CHECK(bench.real.loop().clock.now() - connected >= 50ms);
    CHECK(bench.link.bytes_up() == text.size());
    CHECK(bench.link.bytes_down() == text.size());
}

TEST_CASE("over sockets a long text is pushed back and comes whole", "[link]") {
    SocketBench bench(short_profile(), End::Reads::all);
    bench.connect();
    std::string text;
    while (text.size() < 1'000'000) { text += std::to_string(text.size()) + ","; }
    bench.device.end().write_all(text);
    bench.run_until([&] { return bench.server.count() == 1 && bench.server.end().text().size() >= text.size(); });

    CHECK(bench.server.end().text() == text);
}

TEST_CASE("over sockets a power cut is not heard, and the peer's close frees the connection", "[link]") {
    bool const is_plain = GENERATE(true, false);
    SocketBench bench(is_plain ? LinkProfile{} : short_profile());
    bench.connect();
    bench.link.detach();
    bench.device.drop();
    bench.connect();
    bench.device.end().write("again");
    bench.run_until([&] { return bench.device.end().text() == "again"; });
    CHECK(bench.server.count() == 2);
    CHECK_FALSE(bench.server.end(0).ended());

    bench.server.end(0).hang_up();
    bench.device.end().write(", and again");
    bench.run_until([&] { return bench.device.end().text() == "again, and again"; });
}

TEST_CASE("over sockets the end is heard after the last bytes", "[link]") {
    SocketBench bench(short_profile(), End::Reads::all);
    bench.connect();
    bench.device.end().write("last words");
    bench.device.drop();
    bench.run_until([&] { return bench.server.count() == 1 && bench.server.end().ended(); });

    CHECK(bench.server.end().text() == "last words");
    CHECK(bench.server.end().ended() == boost::asio::error::eof);
}

TEST_CASE("TLS runs over a link", "[link]") {
    TlsTexts const texts = make_world_certificate();
    auto const server_context = TlsContext::server_from_text(texts.certificate, texts.key);
    auto const client_context = TlsContext::client_from_text(texts.authority, TlsContext::Verify::yes);
    LinkProfile const profile = short_profile();
    RealLoop real;
    TcpNetwork network(real);
    auto const listener = network.listen({"127.0.0.1", 0}).value();
    std::unique_ptr<End> server;
    listener->start([&](StreamPtr stream, Arrival) {
        server =
            std::make_unique<End>(real.loop().clock, tls_accept(server_context, std::move(stream)), End::Reads::echo);
    });
    LinkGround const ground(real.loop(), network, profile);
    Link link(ground, 1);
    std::unique_ptr<End> device;
    link.attach();
    link.connect(listener->address(), [&](result<StreamPtr> connected) {
        REQUIRE(connected);
        auto secured = tls_connect(client_context, std::move(*connected), "localhost");
        device = std::make_unique<End>(real.loop().clock, std::move(secured));
        device->write_all("a secret");
    });
    while (!device || device->text() != "a secret") { REQUIRE(real.reactor().run_one() == 1); }

    CHECK(link.bytes_up() > 200);
    CHECK(link.bytes_down() > 200);
}
