// What a fleet is told about a port before it is let loose on it, in virtual time.
#include "rig/load/target_probe.h"

#include "server/base/spawn.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"

#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace drydock;
using namespace drydock::rig;
using Catch::Matchers::Contains;

namespace {

// Answers the first bytes of each guest with bytes of its own, plain or over TLS.
class Stranger {
public:
    Stranger(Network& network, std::shared_ptr<TlsContext> tls)
        : tls_(std::move(tls)), listener_(*network.listen({"cloud", 1})) {
        listener_->start([this](StreamPtr stream, Arrival) {
            if (tls_) { stream = tls_accept(tls_, std::move(stream)); }
            guests_.push_back(std::make_unique<Guest>(Guest{*this, std::move(stream)}));
            guests_.back()->stream->wait_readable(on_ready<&Guest::readable>(*guests_.back()));
        });
    }

    std::string answer;
    bool hangs_up = false;

private:
    struct Guest {
        Stranger& stranger;
        StreamPtr stream;

        void readable() {
            std::array<std::byte, 4096> bytes{};
            auto const got = stream->read_some(bytes);
            if (!got && !is_would_block(got.error())) { return stream->close(); }
            if (got && !stranger.answer.empty()) {
                REQUIRE(stream->write_some(std::as_bytes(std::span(stranger.answer))) == stranger.answer.size());
            }
            if (got && stranger.hangs_up) { return stream->close(); }
            stream->wait_readable(on_ready<&Guest::readable>(*this));
        }
    };

    std::shared_ptr<TlsContext> tls_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::unique_ptr<Guest>> guests_;
};

enum class Door { plain, tls };

struct Scene {
    explicit Scene(Door door = Door::plain)
        : stranger(network, door == Door::tls ? TlsContext::server_from_text(own.certificate, own.key) : nullptr) {}

    static boost::asio::awaitable<void> keep(Scene& scene, Target target, std::shared_ptr<std::string> into) {
        *into = co_await why_no_device_port(scene.world.loop(), scene.network, std::move(target));
    }
    // What devices are told that trust this authority, or speak plain without one.
    std::string told(std::string const& authority = {}) {
        Target target{{"cloud", 1}, nullptr, "localhost"};
        if (!authority.empty()) { target.tls = TlsContext::client_from_text(authority, TlsContext::Verify::yes); }
        auto const text = std::make_shared<std::string>("nothing yet");
        spawn(world.loop().executor, "a probe", keep(*this, std::move(target), text));
        world.run_until(world.now() + std::chrono::seconds(20));
        return *text;
    }

    World world{Seed{1}};
    MemoryNetwork network{world};
    TlsTexts own = make_world_certificate();
    Stranger stranger;
};

std::string bytes(std::initializer_list<unsigned char> all) { return {all.begin(), all.end()}; }

std::string const k_invalid_token = bytes({0, 0, 1, 0, 9});

}  // namespace

TEST_CASE("whoever answers a login as a cloud does is a target", "[load][probe]") {
    Door const door = GENERATE(Door::plain, Door::tls);
    Scene scene(door);
    for (std::string const& answer : {k_invalid_token, bytes({0, 0, 1, 0, 19}), bytes({41, 0, 2, 0, 3, 'a', 0, '1'})}) {
        scene.stranger.answer = answer;
        CHECK(scene.told(door == Door::tls ? scene.own.authority : "").empty());
    }
}

TEST_CASE("whoever answers a login otherwise is no target", "[load][probe]") {
    Scene scene;
    scene.stranger.answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    CHECK_THAT(scene.told(), Contains("answers the login of a device with HTTP"));
    // Frames, but no answers to this login; and no frame.
    for (std::string const& answer : {bytes({0, 0, 0, 0, 9}), bytes({6, 0, 1, 0, 0}), std::string("SSH-2.0-x\r\n")}) {
        scene.stranger.answer = answer;
        CHECK_THAT(scene.told(), Contains("something that is no frame of theirs"));
    }
}

TEST_CASE("whoever hangs up or says nothing is no target", "[load][probe]") {
    Scene scene;
    CHECK_THAT(scene.told(), Contains("does not answer the login of a device in 10 s"));
    scene.stranger.hangs_up = true;
    CHECK_THAT(scene.told(), Contains("hangs up on the login of a device without an answer"));
}

TEST_CASE("a port of the other kind is told from a stranger's certificate", "[load][probe]") {
    TlsTexts const other = make_world_certificate();
    Scene plain;
    plain.stranger.answer = k_invalid_token;
    plain.stranger.hangs_up = true;
    CHECK_THAT(plain.told(other.authority), Contains("speaks plain, and these devices do not"));

    Scene secure(Door::tls);
    secure.stranger.answer = k_invalid_token;
    CHECK_THAT(secure.told(), Contains("speaks TLS, and these devices do not"));
    CHECK_THAT(secure.told(other.authority), Contains("the certificate of cloud:1 is not to be trusted"));
    secure.stranger.answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    CHECK_THAT(secure.told(secure.own.authority), Contains("answers the login of a device with HTTP"));
}

TEST_CASE("text from a port without TLS is no TLS", "[load][probe]") {
    Scene scene;
    scene.stranger.answer = "SSH-2.0-OpenSSH_9.2\r\n";
    CHECK_THAT(scene.told(make_world_certificate().authority), Contains("does not speak TLS, or not as devices do"));
}
