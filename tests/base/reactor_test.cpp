#include "server/base/reactor.h"

#include "server/base/real_loop.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

using namespace drydock;
using namespace std::chrono_literals;

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0); }
    // The end that is read from belongs to a Readiness.
    ~Pipe() {
        if (ends[1] >= 0) { ::close(ends[1]); }
    }
    Pipe(Pipe const&) = delete;
    Pipe& operator=(Pipe const&) = delete;

    void write() const { REQUIRE(::write(ends[1], "x", 1) == 1); }

    int ends[2]{};
};

struct Flag {
    void raise() { ++count; }
    int count = 0;
};

void post(RealLoop& real, std::function<void()> work) { boost::asio::post(real.loop().executor, std::move(work)); }

// Posts itself again and again.
struct Restless {
    void go() {
        ++turns;
        post(real, [this] { go(); });
    }
    RealLoop& real;
    int turns = 0;
};

}  // namespace

TEST_CASE("a loop with nothing to wait for ends, and runs again after its restart", "[reactor]") {
    RealLoop real;
    CHECK(real.reactor().run() == 0);
    CHECK(real.reactor().stopped());
    Flag flag;
    post(real, [&] { flag.raise(); });
    CHECK(real.reactor().run_one() == 0);
    real.reactor().restart();
    CHECK(real.reactor().run() == 1);
    CHECK(flag.count == 1);
}

TEST_CASE("what was posted runs in its order, and what that posts comes after it", "[reactor]") {
    RealLoop real;
    std::string order;
    post(real, [&] {
        order += 'a';
        post(real, [&] { order += 'c'; });
    });
    post(real, [&] { order += 'b'; });
    CHECK(real.reactor().poll() == 3);
    CHECK(order == "abc");
}

TEST_CASE("what another thread finishes wakes a loop that sleeps", "[reactor]") {
    RealLoop real;
    int finished = 0;
    // One at a time, so that the loop sleeps before each.
    std::function<void()> more = [&] {
        if (++finished < 100) {
            REQUIRE(real.loop().offload.run([] {}, more));
        }
    };
    REQUIRE(real.loop().offload.run([] {}, more));
    real.reactor().run();
    CHECK(finished == 100);
}

TEST_CASE("a loop sleeps on while an executor is tracked, and ends when another thread gives the last one up",
          "[reactor]") {
    RealLoop real;
    auto tracked = std::make_shared<std::optional<boost::asio::any_io_executor>>(
        boost::asio::prefer(real.loop().executor, boost::asio::execution::outstanding_work.tracked));
    CHECK(real.reactor().run_one_for(1ms) == 0);
    CHECK_FALSE(real.reactor().stopped());
    REQUIRE(real.loop().offload.run([tracked] { tracked->reset(); }, [] {}));
    CHECK(real.reactor().run() == 1);
    CHECK(real.reactor().stopped());
}

TEST_CASE("timers fire in the order of their times, none before it", "[reactor]") {
    RealLoop real;
    Clock& clock = real.loop().clock;
    TimePoint const begin = clock.now();
    std::string order;
    for (auto const& [after, letter] : {std::pair(12ms, 'c'), std::pair(0ms, 'a'), std::pair(3ms, 'b')}) {
        clock.call_at(begin + after, [&, when = begin + after, letter = letter] {
            CHECK(clock.now() >= when);
            order += letter;
        });
    }
    auto const forgotten = clock.call_at(begin, [] { FAIL("it was cancelled"); });
    clock.cancel(forgotten);
    real.reactor().run();
    CHECK(order == "abc");
}

TEST_CASE("a wait that has an end ends there, and leaves later timers alone", "[reactor]") {
    RealLoop real;
    Clock& clock = real.loop().clock;
    clock.call_at(clock.now() + 1h, [] { FAIL("an hour later"); });
    TimePoint const begin = clock.now();
    CHECK(real.reactor().run_one_for(2ms) == 0);
    CHECK(clock.now() - begin >= 2ms);
    CHECK(real.reactor().poll() == 0);
    CHECK_FALSE(real.reactor().stopped());
}

TEST_CASE("what ends while it is told of an earlier event hears nothing of a later one, nor who takes its place",
          "[reactor]") {
    struct Successor {
        void on_readable() {
            // Told again in the next round, in which the second event is there as well.
            if (++told == 1) {
                first.write();
                return ready->wait_readable(on_ready<&Successor::on_readable>(*this));
            }
            ready.emplace(reactor, second.ends[0], Readiness::Watch::reads);  // at the same address
            ready->wait_readable(on_ready<&Flag::raise>(of_second));
        }
        Reactor& reactor;
        Pipe first{};
        Pipe second{};
        Flag of_second{};
        int told = 0;
        std::optional<Readiness> ready{};
    };
    RealLoop real;
    Successor successor{real.reactor()};
    successor.ready.emplace(real.reactor(), successor.first.ends[0], Readiness::Watch::reads);
    successor.ready->wait_readable(on_ready<&Successor::on_readable>(successor));
    successor.first.write();
    real.reactor().poll();
    CHECK(successor.told == 2);
    CHECK(successor.of_second.count == 0);
    successor.second.write();
    CHECK(real.reactor().run_one() == 1);
    CHECK(successor.of_second.count == 1);
}

TEST_CASE("a descriptor that nobody waits for keeps no loop running", "[reactor]") {
    RealLoop real;
    Pipe pipe;
    Readiness const reader(real.reactor(), pipe.ends[0], Readiness::Watch::reads);
    pipe.write();
    CHECK(real.reactor().run() == 0);
}

TEST_CASE("what was there before the first wait is told of", "[reactor]") {
    RealLoop real;
    Pipe pipe;
    Readiness reader(real.reactor(), pipe.ends[0], Readiness::Watch::reads);
    pipe.write();
    Flag told;
    reader.wait_readable(on_ready<&Flag::raise>(told));
    CHECK(told.count == 0);
    CHECK(real.reactor().run_one() == 1);
    CHECK(told.count == 1);
}

TEST_CASE("an end that came before the first wait is told of after what came before it", "[reactor]") {
    RealLoop real;
    Pipe pipe;
    Readiness reader(real.reactor(), pipe.ends[0], Readiness::Watch::reads);
    pipe.write();
    ::close(std::exchange(pipe.ends[1], -1));
    CHECK_FALSE(reader.has_ended());
    Flag told;
    reader.wait_readable(on_ready<&Flag::raise>(told));
    CHECK(real.reactor().run_one() == 1);
    CHECK(told.count == 1);
    CHECK(reader.has_ended());
}

TEST_CASE("whoever waits after the end of a descriptor hears nothing", "[reactor]") {
    RealLoop real;
    Flag told;
    for (bool const has_waited : {false, true}) {
        Pipe pipe;
        Readiness reader(real.reactor(), pipe.ends[0], Readiness::Watch::reads);
        pipe.write();
        if (has_waited) {
            Flag before;
            reader.wait_readable(on_ready<&Flag::raise>(before));
            REQUIRE(real.reactor().run_one() == 1);
        }
        reader.close();
        reader.wait_readable(on_ready<&Flag::raise>(told));
        reader.wait_writable(on_ready<&Flag::raise>(told));
    }
    CHECK(real.reactor().poll() == 0);
    CHECK(told.count == 0);
}

TEST_CASE("work that posts without end keeps neither timers nor descriptors waiting", "[reactor]") {
    RealLoop real;
    Pipe pipe;
    Flag readable;
    Readiness reader(real.reactor(), pipe.ends[0], Readiness::Watch::reads);
    reader.wait_readable(on_ready<&Flag::raise>(readable));
    pipe.write();
    Flag timer;
    real.loop().clock.call_at(real.loop().clock.now(), [&] { timer.raise(); });
    Restless restless{real};
    restless.go();
    for (int i = 0; i < 10; ++i) { CHECK(real.reactor().run_one() == 1); }
    CHECK(readable.count == 1);
    CHECK(timer.count == 1);
    CHECK(restless.turns > 2);
}

TEST_CASE("a timer that sets another for the past lets posted work have its turn", "[reactor]") {
    RealLoop real;
    Clock& clock = real.loop().clock;
    std::function<void()> again = [&] { clock.call_at(clock.now() - 1s, again); };
    again();
    Flag posted;
    clock.call_at(clock.now(), [&] { post(real, [&] { posted.raise(); }); });
    for (int i = 0; i < 10; ++i) { CHECK(real.reactor().run_one() == 1); }
    CHECK(posted.count == 1);
}

TEST_CASE("a run for a time ends with it, also while there is always something to do", "[reactor]") {
    RealLoop real;
    Restless restless{real};
    restless.go();
    CHECK(real.reactor().run_for(2ms) > 1);
    CHECK_FALSE(real.reactor().stopped());
}

TEST_CASE("an exception of one who is told leaves the others to be told", "[reactor]") {
    struct Thrower {
        void on_readable() { throw std::runtime_error("told"); }
    };
    RealLoop real;
    Pipe pipes[2];
    Flag readable;
    Thrower thrower;
    Readiness first(real.reactor(), pipes[0].ends[0], Readiness::Watch::reads);
    Readiness second(real.reactor(), pipes[1].ends[0], Readiness::Watch::reads);
    for (Pipe const& pipe : pipes) { pipe.write(); }
    first.wait_readable(on_ready<&Thrower::on_readable>(thrower));
    second.wait_readable(on_ready<&Flag::raise>(readable));
    CHECK_THROWS(real.reactor().poll());
    real.reactor().poll();
    CHECK(readable.count == 1);
}

TEST_CASE("stop() ends a run after what is running", "[reactor]") {
    RealLoop real;
    Flag after;
    post(real, [&] { real.reactor().stop(); });
    post(real, [&] { after.raise(); });
    CHECK(real.reactor().run() == 1);
    CHECK(after.count == 0);
    real.reactor().restart();
    CHECK(real.reactor().run() == 1);
    CHECK(after.count == 1);
}

TEST_CASE("stop() by another thread wakes a loop that sleeps", "[reactor]") {
    RealLoop real;
    real.loop().clock.call_at(real.loop().clock.now() + 1h, [] { FAIL("an hour later"); });
    REQUIRE(real.loop().offload.run([&] { real.reactor().stop(); }, [] {}));
    real.reactor().run();
    CHECK(real.reactor().stopped());
}

TEST_CASE("what waits at the loop's end is dropped, and may use the loop while it goes", "[reactor]") {
    struct Owner {
        ~Owner() {
            ++ended;
            loop.clock.cancel(timer);
            boost::asio::post(loop.executor, [] { FAIL("nobody runs it"); });
            loop.clock.call_at(loop.clock.now(), [] { FAIL("nobody fires it"); });
        }
        Loop& loop;
        Clock::TimerId timer;
        int& ended;
    };
    int ended = 0;
    {
        RealLoop real;
        Clock& clock = real.loop().clock;
        auto const timer = clock.call_at(clock.now() + 1h, [] { FAIL("an hour later"); });
        post(real, [owner = std::shared_ptr<Owner>(new Owner{real.loop(), timer, ended})] { FAIL("nobody runs it"); });
        clock.call_at(clock.now(), [owner = std::shared_ptr<Owner>(new Owner{real.loop(), timer, ended})] {
            FAIL("nobody fires it");
        });
    }
    CHECK(ended == 2);
}
