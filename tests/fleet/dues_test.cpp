#include "sim/fleet/dues.h"

#include "server/base/real_loop.h"
#include "sim/world/world.h"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace std::chrono_literals;

constexpr TimePoint k_start{};

struct Heard {
    std::size_t item;
    Duration at;
    friend bool operator==(Heard const&, Heard const&) = default;
};

struct Room {
    World world{Seed{1}};
    std::vector<Heard> heard;
    Dues dues{world.loop().clock, 10, [this](std::size_t item, TimePoint due) {
                  CHECK(due == world.now());
                  heard.push_back({item, world.now() - k_start});
              }};
};

}  // namespace

TEST_CASE("items come when they are due, and those of one instant by their number", "[fleet]") {
    Room room;
    room.dues.set(3, k_start + 5s);
    room.dues.set(7, k_start + 2s);
    room.dues.set(2, k_start + 5s);
    room.dues.set(1, k_start + 9s);
    room.world.run_until(k_start + 8s);
    CHECK(room.heard == std::vector<Heard>{{7, 2s}, {2, 5s}, {3, 5s}});
    CHECK(room.dues.at(3) == TimePoint::max());
    CHECK(room.dues.at(1) == k_start + 9s);
}

TEST_CASE("an item can be moved both ways and taken out", "[fleet]") {
    Room room;
    room.dues.set(1, k_start + 5s);
    room.dues.set(2, k_start + 1s);
    room.dues.set(3, k_start + 3s);
    room.dues.set(1, k_start + 2s);
    room.dues.set(2, k_start + 4s);
    room.dues.set(3, TimePoint::max());
    room.world.run_until(k_start + 10s);
    CHECK(room.heard == std::vector<Heard>{{1, 2s}, {2, 4s}});
}

TEST_CASE("with nothing due a world goes quiet", "[fleet]") {
    Room room;
    room.dues.set(1, k_start + 5s);
    room.dues.set(1, TimePoint::max());
    CHECK_FALSE(room.world.run_while([] { return true; }));
    CHECK(room.world.now() == k_start);
}

TEST_CASE("a thousand items that are moved at random come in the right order", "[fleet]") {
    World world(Seed{1});
    Random random(Seed{5});
    std::multiset<std::pair<TimePoint, std::size_t>> expected;
    std::vector<std::pair<TimePoint, std::size_t>> heard;
    Dues dues(world.loop().clock, 1000, [&](std::size_t item, TimePoint due) { heard.emplace_back(due, item); });
    std::map<std::size_t, TimePoint> last;
    for (int i = 0; i < 5000; ++i) {
        std::size_t const item = random.below(1000);
        bool const is_out = random.chance(1, 5);
        last[item] = is_out ? TimePoint::max() : k_start + Duration(random.below(1'000'000));
        dues.set(item, last[item]);
    }
    for (auto const& [item, when] : last) {
        if (when != TimePoint::max()) { expected.emplace(when, item); }
    }
    world.run_until(k_start + 1s);
    CHECK(heard == std::vector(expected.begin(), expected.end()));
}

TEST_CASE("all that is due begins before what arrived meanwhile has its turn", "[fleet]") {
    constexpr std::size_t k_items = 1000;
    RealLoop real;
    std::size_t done = 0;
    std::size_t done_at_turn = 0;
    Dues dues(real.loop().clock, k_items, [&](std::size_t, TimePoint) {
        if (++done > 1) { return; }
        boost::asio::post(real.loop().executor, [&] { done_at_turn = done; });
    });
    TimePoint const now = real.loop().clock.now();
    for (std::size_t item = 0; item < k_items; ++item) { dues.set(item, now); }
    real.reactor().run();

    CHECK(done_at_turn == k_items);
}

TEST_CASE("an item that is due again and again leaves others their turns", "[fleet]") {
    constexpr int k_times = 1000;
    RealLoop real;
    int done = 0;
    int done_at_turn = 0;
    Dues* always = nullptr;
    Dues dues(real.loop().clock, 1, [&](std::size_t item, TimePoint) {
        if (++done == 1) {
            boost::asio::post(real.loop().executor, [&] { done_at_turn = done; });
        }
        if (done < k_times) { always->set(item, real.loop().clock.now()); }
    });
    always = &dues;
    dues.set(0, real.loop().clock.now());
    real.reactor().run();

    CHECK(done == k_times);
    CHECK(done_at_turn < k_times);
}
