#include "server/app/kept_tickets.h"

#include "sim/world/world.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace drydock;

namespace {

bool is_same(std::shared_ptr<TicketKeys const> const& one, std::shared_ptr<TicketKeys const> const& other) {
    return one->text() == other->text();
}

}  // namespace

TEST_CASE("the keys of session tickets outlive the server, in a file that only its owner reads", "[app]") {
    World world(Seed{1});
    test::TempDir const folder;
    auto const file = folder.path() / "tickets.key";
    std::shared_ptr<TicketKeys const> first;
    {
        KeptTickets const tickets(world.loop(), file);
        first = tickets.keys();
    }
    CHECK(is_same(KeptTickets(world.loop(), file).keys(), first));
    CHECK(std::filesystem::status(file).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a server that runs for days renews the keys of its tickets, in the file as well", "[app]") {
    World world(Seed{1});
    test::TempDir const folder;
    auto const file = folder.path() / "tickets.key";
    KeptTickets const tickets(world.loop(), file);
    std::string const first = tickets.keys()->text();
    world.run_until(world.now() + std::chrono::hours(25));
    CHECK(tickets.keys()->text() != first);
    CHECK(tickets.keys()->text().starts_with(first));  // still there, and no longer the newest
    CHECK(is_same(KeptTickets(world.loop(), file).keys(), tickets.keys()));
}

TEST_CASE("a damaged file of ticket keys, or a folder in its place, does not keep a server from starting", "[app]") {
    World world(Seed{1});
    test::TempDir const folder;
    auto const file = folder.path() / "tickets.key";
    std::ofstream(file) << "rubbish\n";
    auto const fresh = KeptTickets(world.loop(), file).keys();
    CHECK(is_same(KeptTickets(world.loop(), file).keys(), fresh));
    CHECK_FALSE(KeptTickets(world.loop(), folder.path()).keys()->text().empty());
}

TEST_CASE("ticket keys that could not be written are written when it works again", "[app]") {
    World world(Seed{1});
    test::TempDir const folder;
    auto const file = folder.path() / "late" / "tickets.key";
    KeptTickets const tickets(world.loop(), file);
    std::filesystem::create_directory(folder.path() / "late");
    world.run_until(world.now() + std::chrono::minutes(61));
    CHECK(is_same(KeptTickets(world.loop(), file).keys(), tickets.keys()));
}
