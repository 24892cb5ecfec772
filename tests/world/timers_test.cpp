#include "server/base/timers.h"

#include "server/base/random.h"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace drydock;
using namespace std::chrono_literals;

TimePoint at(Duration time) { return TimePoint(time); }

struct Log {
    Task note(char letter) {
        return [this, letter] { text += letter; };
    }
    std::string text;
};

// Calls back when it goes.
struct OnEnd {
    explicit OnEnd(std::function<void()> its_then) : then(std::move(its_then)) {}
    ~OnEnd() { then(); }
    OnEnd(OnEnd const&) = delete;
    OnEnd& operator=(OnEnd const&) = delete;
    std::function<void()> then;
};

}  // namespace

TEST_CASE("timers come earliest first, and in their order within one instant", "[world]") {
    Timers timers;
    Log log;
    timers.add(at(2s), log.note('c'));
    timers.add(at(1s), log.note('a'));
    timers.add(at(2s), log.note('d'));
    timers.add(at(1s), log.note('b'));
    CHECK(timers.next() == at(1s));
    while (!timers.empty()) { timers.pop()(); }

    CHECK(log.text == "abcd");
    CHECK_FALSE(timers.next());
}

TEST_CASE("a timer that was removed or fired is not meant by its id any more", "[world]") {
    Timers timers;
    Log log;
    auto const removed = timers.add(at(1s), log.note('x'));
    timers.remove(removed);
    auto const fired = timers.add(at(1s), log.note('a'));
    timers.pop()();
    auto const living = timers.add(at(1s), log.note('b'));
    for (auto id : {removed, fired, Clock::TimerId{0}, Clock::TimerId{12345}, ~Clock::TimerId{0}}) {
        timers.remove(id);
    }
    REQUIRE(timers.size() == 1);
    timers.pop()();

    CHECK(log.text == "ab");
    CHECK(removed != fired);
    CHECK(fired != living);
}

TEST_CASE("timers that come, go and fire are those of a plain map", "[world]") {
    Timers timers;
    std::map<std::pair<TimePoint, Clock::TimerId>, int> model;
    std::vector<std::pair<TimePoint, Clock::TimerId>> ids;
    Random random(Seed{3});
    int fired = 0;
    for (int step = 0; step < 30'000; ++step) {
        std::uint64_t const chosen = random.below(step < 20'000 ? 5 : 8);
        if (chosen < 3) {
            TimePoint const when = at(std::chrono::seconds(random.below(200)));
            auto const id = timers.add(when, [&fired, step] { fired = step; });
            model.emplace(std::pair(when, id), step);
            ids.emplace_back(when, id);
        } else if (chosen == 3 && !ids.empty()) {
            auto const& which = ids[random.below(ids.size())];  // also those that are gone
            timers.remove(which.second);
            model.erase(which);
        } else if (!model.empty()) {
            REQUIRE(timers.next() == model.begin()->first.first);
            timers.pop()();
            REQUIRE(fired == model.begin()->second);
            model.erase(model.begin());
        }
        REQUIRE(timers.size() == model.size());
    }
}

TEST_CASE("what a removed timer kept may use the timers when it goes", "[world]") {
    Timers timers;
    Log log;
    Clock::TimerId second = 0;
    auto end = std::make_shared<OnEnd>([&] {
        timers.remove(second);
        timers.add(at(3s), log.note('a'));
    });
    auto const first = timers.add(at(1s), [end] {});
    second = timers.add(at(2s), log.note('x'));
    end.reset();
    timers.remove(first);

    REQUIRE(timers.size() == 1);
    timers.pop()();
    CHECK(log.text == "a");
}

TEST_CASE("timers set while others are cleared stay", "[world]") {
    Timers timers;
    Log log;
    auto end = std::make_shared<OnEnd>([&] { timers.add(at(3s), log.note('a')); });
    auto const first = timers.add(at(1s), [end] {});
    timers.add(at(2s), log.note('x'));
    end.reset();
    timers.clear();
    timers.remove(first);

    REQUIRE(timers.size() == 1);
    timers.pop()();
    CHECK(log.text == "a");
}

TEST_CASE("a task keeps what only moves, and lets it go once", "[world]") {
    int ended = 0;
    int called = 0;
    auto const small = std::make_shared<OnEnd>([&ended] { ++ended; });
    std::weak_ptr<OnEnd> const watched = small;
    {
        Task task;
        CHECK_FALSE(task);
        std::string const large(100, 'x');
        task = [kept = std::make_unique<std::string>(large), large, &called] {
            called += static_cast<int>(kept->size() + large.size());
        };
        Task moved = std::move(task);
        moved();
        CHECK(called == 200);
        moved = [kept = small] { CHECK(kept); };
        moved();
        CHECK(watched.use_count() == 2);
        std::vector<Task> many;
        for (int i = 0; i < 100; ++i) {
            many.emplace_back([kept = small, i, &called] { called += i; });
        }
        called = 0;
        for (Task& one : many) { one(); }
        CHECK(called == 4950);
    }
    CHECK(watched.use_count() == 1);
    CHECK(ended == 0);
    CHECK_FALSE(Task(std::function<void()>()));
}

TEST_CASE("a task may be replaced while it runs", "[world]") {
    Task task;
    int called = 0;
    std::string const large(100, 'x');
    task = [&task, &called, large] {
        Task self = std::exchange(task, Task([&called] { called += 10; }));
        called += static_cast<int>(large.size());
    };
    Task running = std::move(task);
    running();
    task();
    CHECK(called == 110);
}
