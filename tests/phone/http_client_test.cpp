// The rig's HTTP client against a server of the test's own, in virtual time: what it asks twice and what never.
#include "sim/phone/http_client.h"

#include "server/base/spawn.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"

#include <catch2/catch.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace drydock;

namespace {

// Answers each request on a connection as its script says, and notes what came.
class Server {
public:
    enum class Does { answer, hang_up, answer_and_hang_up_later, stay_silent };

    Server(World& world, Network& network) : world_(world), listener_(*network.listen({"cloud", 80})) {
        listener_->start([this](StreamPtr stream, Arrival) { accept(std::move(stream)); });
    }

    std::vector<Does> script;  // of the requests, in the order they come; answer when it is used up
    std::vector<std::string> requests;
    std::size_t connections = 0;

private:
    struct Peer {
        Server& server;
        StreamPtr stream;

        void readable() {
            std::array<std::byte, 4096> bytes{};
            auto const got = stream->read_some(bytes);
            if (got) {
                server.asked(*this, std::string(reinterpret_cast<char const*>(bytes.data()), *got));
            } else if (!is_would_block(got.error())) {
                stream->close();
                return;
            }
            stream->wait_readable(on_ready<&Peer::readable>(*this));
        }
    };

    void accept(StreamPtr stream) {
        ++connections;
        peers_.push_back(std::make_unique<Peer>(Peer{*this, std::move(stream)}));
        peers_.back()->stream->wait_readable(on_ready<&Peer::readable>(*peers_.back()));
    }

    void asked(Peer& peer, std::string const& request) {
        Does const does = requests.size() < script.size() ? script[requests.size()] : Does::answer;
        requests.push_back(request.substr(0, request.find(' ')));
        if (does == Does::stay_silent) { return; }
        if (does == Does::hang_up) { return peer.stream->close(); }
        std::string const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        REQUIRE(peer.stream->write_some(std::as_bytes(std::span(answer))) == answer.size());
        if (does == Does::answer_and_hang_up_later) {
            world_.loop().clock.call_at(world_.now() + std::chrono::seconds(1), [&peer] { peer.stream->close(); });
        }
    }

    World& world_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::unique_ptr<Peer>> peers_;
};

struct Scene {
    World world{Seed{1}};
    MemoryNetwork network{world};
    Server server{world, network};
    std::unique_ptr<HttpClient> client =
        std::make_unique<HttpClient>(world.loop(), network, Address{"cloud", 80}, nullptr, "");

    static boost::asio::awaitable<void> keep(HttpClient& client, std::string method,
                                             std::shared_ptr<std::optional<result<HttpAnswer>>> into) {
        *into = co_await client.send(HttpRequest(std::move(method), "/"));
    }
    std::shared_ptr<std::optional<result<HttpAnswer>>> begin(std::string method) {
        auto answer = std::make_shared<std::optional<result<HttpAnswer>>>();
        spawn(world.loop().executor, "a call", keep(*client, std::move(method), answer));
        return answer;
    }
    // The status, or 0 when the call failed.
    unsigned ask(std::string method) {
        auto const answer = begin(std::move(method));
        CHECK(world.run_while([&] { return !answer->has_value(); }));
        return (*answer)->has_value() ? (**answer)->status : 0;
    }
    void wait(Duration time) { world.run_until(world.now() + time); }
};

using Does = Server::Does;
using Requests = std::vector<std::string>;

}  // namespace

TEST_CASE("a claim that a server left unanswered is not sent again", "[phone]") {
    Scene scene;
    scene.server.script = {Does::answer, Does::hang_up};
    CHECK(scene.ask("POST") == 200);
    CHECK(scene.ask("POST") == 0);
    CHECK(scene.server.requests == Requests{"POST", "POST"});
    CHECK(scene.ask("POST") == 200);
}

TEST_CASE("a look that a server left unanswered on a kept connection is asked once more", "[phone]") {
    Scene scene;
    scene.server.script = {Does::answer, Does::hang_up};
    CHECK(scene.ask("GET") == 200);
    CHECK(scene.ask("GET") == 200);
    CHECK(scene.server.requests == Requests{"GET", "GET", "GET"});
    CHECK(scene.server.connections == 2);
}

TEST_CASE("a server that hangs up on whoever is new is asked once", "[phone]") {
    for (std::string const method : {"GET", "POST"}) {
        Scene scene;
        scene.server.script = {Does::hang_up};
        CHECK(scene.ask(method) == 0);
        CHECK(scene.server.requests.size() == 1);
    }
}

TEST_CASE("a kept connection that the server closed meanwhile is not used", "[phone]") {
    Scene scene;
    scene.server.script = {Does::answer_and_hang_up_later};
    CHECK(scene.ask("POST") == 200);
    scene.wait(std::chrono::seconds(2));
    CHECK(scene.ask("POST") == 200);
    CHECK(scene.server.requests.size() == 2);
    CHECK(scene.server.connections == 2);
}

TEST_CASE("a connection is kept, but nothing is risked on one that was idle for long", "[phone]") {
    Scene scene;
    CHECK(scene.ask("POST") == 200);
    scene.wait(std::chrono::seconds(15));
    CHECK(scene.ask("POST") == 200);
    CHECK(scene.server.connections == 1);
    scene.wait(std::chrono::seconds(25));
    CHECK(scene.ask("GET") == 200);
    CHECK(scene.server.connections == 1);
    scene.wait(std::chrono::seconds(25));
    CHECK(scene.ask("POST") == 200);
    CHECK(scene.server.connections == 2);
}

TEST_CASE("a call that begins while another one waits does not disturb it", "[phone]") {
    Scene scene;
    scene.server.script = {Does::answer, Does::stay_silent};
    CHECK(scene.ask("POST") == 200);
    auto const silent = scene.begin("POST");
    scene.wait(std::chrono::seconds(1));
    CHECK(scene.ask("POST") == 200);
    CHECK(scene.server.connections == 2);
    CHECK_FALSE(silent->has_value());
    scene.wait(std::chrono::seconds(30));
    REQUIRE(silent->has_value());
    CHECK((*silent)->has_error());
}

TEST_CASE("a client that goes away takes its calls along", "[phone]") {
    for (bool const is_dialing : {true, false}) {
        Scene scene;
        scene.server.script = {Does::stay_silent};
        auto const answer = scene.begin("POST");
        if (is_dialing) {
            // One turn: the call begins to dial, and nobody has accepted yet.
            int turns = 0;
            CHECK(scene.world.run_while([&] { return ++turns < 2; }));
        } else {
            scene.wait(std::chrono::seconds(1));
        }
        scene.client.reset();
        scene.wait(std::chrono::seconds(60));
        CHECK((!answer->has_value() || (*answer)->has_error()));
    }
}
