// The door as drydockd opens it: the kernel lets a visitor in with his first bytes, and most need no place to wait.
#include "server/app/cloud.h"
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "server/store/sqlite_store.h"
#include "tests/support/guest.h"

#include <catch2/catch.hpp>

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace drydock;
using test::Guest;

namespace {

// A login whose token nobody knows, and its answer.
std::string const k_login = std::string("\x1d\x00\x01\x00\x20", 5) + std::string(32, 'x');
std::string const k_invalid = std::string("\x00\x00\x01\x00\x09", 5);

std::string const k_metrics = "GET /metrics HTTP/1.1\r\nHost: cloud\r\nConnection: close\r\n\r\n";

class Town {
public:
    explicit Town(DoorLimits limits = {}) : cloud(real.loop(), network, *store, vault, events, options(limits)) {
        bool is_open = false;
        cloud.start([&is_open](result<void> started) { is_open = started.has_value(); });
        run_until([&is_open] { return is_open; });
    }
    ~Town() { cloud.stop(); }

    template <class Condition>
    void run_until(Condition condition) {
        while (!condition()) { REQUIRE(real.reactor().run_one() == 1); }
    }

    // One figure of the page of figures, asked for over a connection of its own.
    double figure(std::string const& name) {
        Guest browser(real.loop(), network, cloud.plain());
        browser.send(k_metrics);
        run_until([&] { return browser.ended(); });
        auto const at = browser.heard().find("\n" + name + " ");
        REQUIRE(at != std::string::npos);
        return std::stod(browser.heard().substr(at + name.size() + 2));
    }

private:
    CloudOptions options(DoorLimits limits) const {
        CloudOptions options;
        options.door = limits;
        options.secure = Address{"127.0.0.1", 0};
        options.tls = TlsContext::server_from_text(texts_.certificate, texts_.key);
        options.plain = Address{"127.0.0.1", 0};
        options.setup_password = Secret("a test's password");
        options.http.password_cost = PasswordCost{8, 1, 1};
        return options;
    }

    TlsTexts texts_ = make_world_certificate();

public:
    RealLoop real;
    Vault vault{std::array<std::byte, 32>{std::byte{1}}};
    EventLog events{real.loop().clock};
    std::unique_ptr<SqliteStore> store = SqliteStore::open(real.loop(), ":memory:", SqliteStore::Commits::inline_);
    TcpNetwork network{real, TcpNetwork::LetIn::with_first_bytes};
    Cloud cloud;
    std::shared_ptr<TlsContext> trust = TlsContext::client_from_text(texts_.authority, TlsContext::Verify::yes);
};

}  // namespace

TEST_CASE("who comes with his first bytes is answered, whatever he speaks", "[app][device][http]") {
    Town town;
    Guest device(town.real.loop(), town.network, town.cloud.plain());
    Guest browser(town.real.loop(), town.network, town.cloud.plain());
    Guest stranger(town.real.loop(), town.network, town.cloud.plain());
    device.send(k_login);
    browser.send(k_metrics);
    stranger.send("who is there?");
    town.run_until([&] { return !device.heard().empty() && !browser.heard().empty() && stranger.ended(); });
    CHECK(device.heard() == k_invalid);
    CHECK(browser.heard().starts_with("HTTP/1.1 200"));
    CHECK(stranger.heard().empty());
}

TEST_CASE("first bytes that do not yet tell what is spoken are kept for the rest", "[app][device]") {
    Town town;
    Guest device(town.real.loop(), town.network, town.cloud.plain());
    device.send(k_login.substr(0, 3));
    town.run_until([&] { return device.is_connected(); });
    CHECK(town.figure("drydock_logins_total{outcome=\"invalid_token\"}") == 0);
    device.send(k_login.substr(3));
    town.run_until([&] { return !device.heard().empty(); });
    CHECK(device.heard() == k_invalid);
}

TEST_CASE("in a rush everybody is answered", "[app][device]") {
    constexpr std::size_t k_devices = 100;
    Town town;
    std::list<Guest> fleet;
    for (std::size_t i = 0; i < k_devices; ++i) {
        fleet.emplace_back(town.real.loop(), town.network, town.cloud.plain());
        fleet.back().send(k_login);
    }
    for (Guest const& device : fleet) {
        town.run_until([&] { return !device.heard().empty(); });
        CHECK(device.heard() == k_invalid);
    }
}

TEST_CASE("whoever left while he waited for a handshake gets none", "[app]") {
    Town town(DoorLimits{1, 8});
    std::string const beginning = "\x16";  // of a handshake
    std::optional<Guest> inside(std::in_place, town.real.loop(), town.network, *town.cloud.secure());
    inside->send(beginning);
    std::list<Guest> leavers;
    for (int i = 0; i < 2; ++i) {
        leavers.emplace_back(town.real.loop(), town.network, *town.cloud.secure());
        leavers.back().send(beginning);
    }
    while (town.figure("drydock_handshakes_waiting") < 2) {}
    Guest device(town.real.loop(), town.network, *town.cloud.secure(), town.trust);
    device.send(k_login);
    while (town.figure("drydock_handshakes_waiting") < 3) {}
    leavers.clear();
    CHECK(town.figure("drydock_handshakes_refused_total") == 0);
    inside.reset();
    town.run_until([&] { return !device.heard().empty(); });
    CHECK(device.heard() == k_invalid);
    CHECK(town.figure("drydock_handshakes_refused_total") == 2);
}
