#include "sim/world/world.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace {

using namespace drydock;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("time jumps from timer to timer and stands still within a turn", "[world]") {
    World world(Seed{1});
    Clock& clock = world.loop().clock;
    std::vector<TimePoint> seen;
    clock.call_at(TimePoint(2h), [&] { seen.push_back(clock.now()); });
    clock.call_at(TimePoint(1h), [&] {
        seen.push_back(clock.now());
        boost::asio::post(world.loop().executor, [&] { seen.push_back(clock.now()); });
    });
    world.run_until(TimePoint(90min));
    CHECK(seen == std::vector{TimePoint(1h), TimePoint(1h)});
    CHECK(world.now() == TimePoint(90min));
    CHECK_FALSE(world.run_while([] { return true; }));
    CHECK(seen.back() == TimePoint(2h));
}

TEST_CASE("ready work runs in order, or in one that the seed draws", "[world]") {
    auto const order_of = [](Seed seed, Order order) {
        World world(seed, order);
        std::string text;
        for (char letter = 'a'; letter <= 'p'; ++letter) {
            boost::asio::post(world.get_executor(), [&text, letter] { text += letter; });
        }
        world.run_until(TimePoint(1s));
        return text;
    };

    CHECK(order_of(Seed{1}, Order::fifo) == "abcdefghijklmnop");
    CHECK(order_of(Seed{1}, Order::shuffled) == order_of(Seed{1}, Order::shuffled));
    CHECK(order_of(Seed{1}, Order::shuffled) != order_of(Seed{2}, Order::shuffled));
}

TEST_CASE("work that is always followed by more takes no more room", "[world]") {
    World world(Seed{1});
    std::uint64_t ran = 0;
    std::function<void()> again = [&] {
        if (++ran < 100'000) {
            boost::asio::post(world.get_executor(), [&again] { again(); });
        }
    };
    for (int i = 0; i < 3000; ++i) {
        boost::asio::post(world.get_executor(), [&again] { again(); });
    }
    CHECK_FALSE(world.run_while([] { return true; }));
    CHECK(ran == 102'999);
}

TEST_CASE("an instant that never ends is a livelock, and the report says so", "[world]") {
    World world(Seed{1});
    std::function<void()> again = [&] { boost::asio::post(world.get_executor(), [&again] { again(); }); };
    again();
    CHECK_FALSE(world.run_while([] { return true; }));
    CHECK(world.stall_report().find("without time moving on") != std::string::npos);
}

TEST_CASE("many devices that boot at one instant are no livelock", "[world]") {
    World world(Seed{1});
    std::uint64_t turns = 0;
    for (int device = 0; device < 50'000; ++device) {
        world.loop().clock.call_at(TimePoint(1s), [&] {
            for (int i = 0; i < 30; ++i) {
                boost::asio::post(world.get_executor(), [&turns] { ++turns; });
            }
        });
    }
    CHECK_FALSE(world.run_while([] { return true; }));
    CHECK(turns == 1'500'000);
    CHECK(world.stall_report().starts_with("quiet"));
}

TEST_CASE("a world lets go of ready work and timers, and of what these leave behind", "[world]") {
    auto const owner = std::make_shared<int>(0);
    {
        World world(Seed{1});
        struct Poster {
            ~Poster() {
                boost::asio::post(world.get_executor(), [kept = owner] {});
                world.loop().clock.call_at(TimePoint(1h), [kept = owner] {});
            }
            World& world;
            std::shared_ptr<int> owner;
        };
        auto poster = std::make_shared<Poster>(world, owner);
        world.loop().clock.call_at(TimePoint(1h), [poster, owner] {});
        boost::asio::post(world.get_executor(), [poster, owner] {});
    }
    CHECK(owner.use_count() == 1);
}
