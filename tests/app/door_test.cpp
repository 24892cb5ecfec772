// The door under a storm: bounded handshakes, bounded waiting, and nobody inside suffers.
#include "tests/support/guest.h"
#include "tests/support/small_cloud.h"

#include <list>

using namespace drydock;
using test::Guest;
using test::SmallCloud;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A login whose token nobody knows: the answer is 9, and it comes from behind the door.
std::string const k_login = std::string("\x1d\x00\x01\x00\x20", 5) + std::string(32, 'x');
std::string const k_invalid = std::string("\x00\x00\x01\x00\x09", 5);

CloudOptions tight(std::size_t handshakes, std::size_t waiting) {
    CloudOptions options;
    options.door = DoorLimits{handshakes, waiting};
    return options;
}

}  // namespace

TEST_CASE("beyond the bound of handshakes one waits, beyond the bound of waiting one is closed at once", "[app][P8]") {
    SmallCloud town(tight(2, 3));
    REQUIRE(town.start());
    std::list<Guest> crowd;
    for (int i = 0; i < 6; ++i) {
        crowd.emplace_back(town.world.loop(), town.network, town.secure());
        town.pass(milliseconds(10));
    }
    CHECK(town.figure("drydock_handshakes") == 2);
    CHECK(town.figure("drydock_handshakes_waiting") == 3);
    CHECK(town.figure("drydock_handshakes_refused_total") == 1);
    for (auto guest = crowd.begin(); guest != std::prev(crowd.end()); ++guest) { CHECK_FALSE(guest->ended()); }
    CHECK(crowd.back().ended());
    // Ten seconds after they came nobody of them is left, whoever had a place and whoever had none.
    town.pass(seconds(11));
    for (Guest const& guest : crowd) { CHECK(guest.ended()); }
    CHECK(town.figure("drydock_handshakes") == 0);
    CHECK(town.figure("drydock_handshakes_waiting") == 0);
    CHECK(town.figure("drydock_handshakes_refused_total") + town.figure("drydock_visits_unspoken_total") == 6);
}

TEST_CASE("a device that waited for its handshake is let in when a place comes free", "[app][AUTH-08]") {
    SmallCloud town(tight(2, 8));
    REQUIRE(town.start());
    std::list<Guest> silent;
    for (int i = 0; i < 2; ++i) { silent.emplace_back(town.world.loop(), town.network, town.secure()); }
    town.pass(seconds(2));
    Guest device(town.world.loop(), town.network, town.secure(), town.trust);
    device.send(k_login);
    town.pass(seconds(2));
    CHECK(device.heard().empty());
    town.pass(seconds(7));  // the silent ones' ten seconds are over
    CHECK(device.heard() == k_invalid);
}

TEST_CASE("whoever dawdles for five seconds gives his place to one who waits", "[app]") {
    SmallCloud town(tight(2, 8));
    REQUIRE(town.start());
    std::list<Guest> silent;
    for (int i = 0; i < 2; ++i) { silent.emplace_back(town.world.loop(), town.network, town.secure()); }
    town.pass(seconds(6));
    for (Guest const& guest : silent) { CHECK_FALSE(guest.ended()); }
    Guest device(town.world.loop(), town.network, town.secure(), town.trust);
    device.send(k_login);
    town.pass(milliseconds(100));
    CHECK(device.heard() == k_invalid);
    CHECK(silent.front().ended());
    CHECK_FALSE(silent.back().ended());
}

TEST_CASE("a storm of handshakes gets through in turn", "[app][P8]") {
    SmallCloud town(tight(4, 100));
    REQUIRE(town.start());
    std::list<Guest> fleet;
    for (int i = 0; i < 60; ++i) {
        fleet.emplace_back(town.world.loop(), town.network, town.secure(), town.trust);
        fleet.back().send(k_login);
    }
    town.pass(seconds(9));
    for (Guest const& device : fleet) { CHECK(device.heard() == k_invalid); }
    CHECK(town.figure("drydock_logins_total{outcome=\"invalid_token\"}") == 60);
    CHECK(town.figure("drydock_handshakes_refused_total") == 0);
}

TEST_CASE("whoever left while he waited gets no handshake, whoever waits before him", "[app]") {
    SmallCloud town(tight(1, 8));
    REQUIRE(town.start());
    Guest const silent(town.world.loop(), town.network, town.secure());
    town.pass(seconds(3));
    Guest const patient(town.world.loop(), town.network, town.secure());
    {
        Guest left(town.world.loop(), town.network, town.secure(), town.trust);
        Guest left_too(town.world.loop(), town.network, town.secure(), town.trust);
        town.pass(milliseconds(100));
        CHECK(town.figure("drydock_handshakes_waiting") == 3);
    }
    town.pass(seconds(10));
    CHECK(silent.ended());
    CHECK(patient.ended());
    CHECK(town.figure("drydock_handshakes_refused_total") == 2);  // they were never greeted
    CHECK(town.figure("drydock_visits_unspoken_total") == 2);
}

TEST_CASE("when thousands gave up at one instant, the next one still has his turn", "[app]") {
    SmallCloud town(tight(1, 1000));
    REQUIRE(town.start());
    Guest const silent(town.world.loop(), town.network, town.secure());
    town.pass(milliseconds(100));
    {
        std::list<Guest> crowd;
        for (int i = 0; i < 900; ++i) { crowd.emplace_back(town.world.loop(), town.network, town.secure()); }
        town.pass(seconds(4));
    }
    Guest device(town.world.loop(), town.network, town.secure(), town.trust);
    device.send(k_login);
    town.pass(milliseconds(5950));  // the silent one's ten seconds are over
    CHECK(device.heard() == k_invalid);
    town.pass(seconds(4));
    CHECK(town.figure("drydock_handshakes_refused_total") == 900);
}

TEST_CASE("in a long queue the newest is served first: the oldest's patience is about to end", "[app][AUTH-08]") {
    SmallCloud town(tight(1, 8));
    REQUIRE(town.start());
    Guest const silent(town.world.loop(), town.network, town.secure());
    town.pass(seconds(3));
    Guest const silent_too(town.world.loop(), town.network, town.secure());
    town.pass(seconds(1));
    Guest device(town.world.loop(), town.network, town.secure(), town.trust);
    device.send(k_login);
    town.pass(milliseconds(6100));  // the first one's ten seconds are over
    CHECK(silent.ended());
    CHECK(device.heard() == k_invalid);
    CHECK_FALSE(silent_too.ended());
}

TEST_CASE("in a full queue who has waited long makes room for the newest, and others do not", "[app][P8]") {
    SmallCloud town(tight(1, 2));
    REQUIRE(town.start());
    std::list<Guest> crowd;
    for (int i = 0; i < 3; ++i) { crowd.emplace_back(town.world.loop(), town.network, town.secure()); }
    town.pass(seconds(1));
    Guest const early(town.world.loop(), town.network, town.secure());
    town.pass(milliseconds(100));
    CHECK(early.ended());
    town.pass(seconds(2));
    Guest device(town.world.loop(), town.network, town.secure(), town.trust);
    device.send(k_login);
    town.pass(milliseconds(100));
    CHECK_FALSE(device.ended());
    CHECK(std::next(crowd.begin())->ended());
    town.pass(seconds(7));
    CHECK(device.heard() == k_invalid);
}

TEST_CASE("plain connections wait for no handshake", "[app]") {
    SmallCloud town(tight(1, 1));
    REQUIRE(town.start());
    std::list<Guest> crowd;
    for (int i = 0; i < 3; ++i) { crowd.emplace_back(town.world.loop(), town.network, town.secure()); }
    Guest device(town.world.loop(), town.network, town.plain());
    device.send(k_login);
    town.pass(milliseconds(50));
    CHECK(device.heard() == k_invalid);
}

TEST_CASE("a login that does not come whole in ten seconds is not waited for", "[app][device]") {
    SmallCloud town;
    REQUIRE(town.start());
    Guest nothing(town.world.loop(), town.network, town.plain());
    Guest three_bytes(town.world.loop(), town.network, town.plain());
    three_bytes.send(k_login.substr(0, 3));
    Guest dripping(town.world.loop(), town.network, town.plain());
    dripping.send(k_login.substr(0, 5));
    dripping.drip(k_login.substr(5), seconds(1));
    town.pass(milliseconds(9900));
    for (Guest const* guest : {&nothing, &three_bytes, &dripping}) { CHECK_FALSE(guest->ended()); }
    town.pass(milliseconds(200));
    for (Guest const* guest : {&nothing, &three_bytes, &dripping}) {
        CHECK(guest->ended());
        CHECK(guest->heard().empty());  // never "invalid"
    }
}
