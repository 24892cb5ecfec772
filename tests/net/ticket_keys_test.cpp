#include "server/net/ticket_keys.h"

#include <catch2/catch.hpp>

using namespace drydock;

namespace {

using std::chrono::hours;

constexpr WallTime k_monday{std::chrono::milliseconds(1'700'000'000'000)};

BytesView name_of(TicketKey const& key) { return key.name; }

}  // namespace

TEST_CASE("the keys of session tickets come back from their text", "[net]") {
    SeededEntropy entropy(Random(Seed{1}));
    TicketKeys keys(entropy, k_monday);
    REQUIRE(keys.renew(entropy, k_monday + hours(24)));
    auto const back = TicketKeys::from_text(keys.text());
    REQUIRE(back);
    CHECK(back->text() == keys.text());
    CHECK(back->newest().cipher == keys.newest().cipher);
    CHECK(back->newest().mac == keys.newest().mac);
    CHECK(back->newest().born == k_monday + hours(24));
}

TEST_CASE("a key seals for a day, opens for another, and is then forgotten", "[net]") {
    SeededEntropy entropy(Random(Seed{1}));
    TicketKeys keys(entropy, k_monday);
    TicketKey const first = keys.newest();
    CHECK_FALSE(keys.renew(entropy, k_monday + hours(23)));
    CHECK(keys.renew(entropy, k_monday + hours(24)));
    CHECK(keys.newest().name != first.name);
    CHECK(keys.newest().cipher != first.cipher);
    CHECK(keys.find(name_of(first)) != nullptr);
    CHECK_FALSE(keys.renew(entropy, k_monday + hours(47)));
    CHECK(keys.renew(entropy, k_monday + hours(48)));
    // A ticket of its last hour is as good as any.
    CHECK(keys.find(name_of(first)) != nullptr);
    CHECK(keys.renew(entropy, k_monday + hours(49)));
    CHECK(keys.find(name_of(first)) == nullptr);
    CHECK(keys.text().find(to_hex(first.cipher)) == std::string::npos);
}

TEST_CASE("after a week without a server, or before a clock that went back by days, there is one fresh key", "[net]") {
    SeededEntropy entropy(Random(Seed{1}));
    for (WallTime const now : {k_monday + hours(24 * 7), k_monday - hours(24 * 7)}) {
        TicketKeys keys(entropy, k_monday);
        TicketKey const first = keys.newest();
        CHECK(keys.renew(entropy, now));
        CHECK(keys.find(name_of(first)) == nullptr);
        CHECK(keys.newest().born == now);
    }
}

TEST_CASE("a clock that is a little behind forgets no key", "[net]") {
    SeededEntropy entropy(Random(Seed{1}));
    TicketKeys keys(entropy, k_monday);
    TicketKey const first = keys.newest();
    CHECK_FALSE(keys.renew(entropy, k_monday - hours(1)));
    CHECK(keys.newest().name == first.name);
}

TEST_CASE("a text that was cut, changed or never was one gives no keys", "[net]") {
    SeededEntropy entropy(Random(Seed{1}));
    std::string const text = TicketKeys(entropy, k_monday).text();
    CHECK_FALSE(TicketKeys::from_text(""));
    CHECK_FALSE(TicketKeys::from_text("no keys\n"));
    CHECK_FALSE(TicketKeys::from_text(text.substr(0, text.size() - 1)));
    CHECK_FALSE(TicketKeys::from_text(text.substr(0, text.size() - 3) + "\n"));
    CHECK_FALSE(TicketKeys::from_text(text + "x\n"));
    CHECK_FALSE(TicketKeys::from_text("x" + text));
    CHECK_FALSE(TicketKeys::from_text("-" + text));
    CHECK_FALSE(TicketKeys::from_text("999999" + text));
}
