#include "server/base/niceness.h"

#include <catch2/catch.hpp>

#include <sched.h>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

using namespace drydock;

namespace {

int nice_steps() { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); }

// Of a thread of its own: what it asks for stays with it.
template <class Work>
void in_a_thread(Work work) {
    std::thread(work).join();  // tidy: thread because its standing is what is tested
}

struct Standing {
    int policy = -1;
    int steps = 0;
};

// Of a thread that asks, against the thread it comes from.
Standing after(int steps) {
    Standing standing;
    int const before = nice_steps();
    in_a_thread([&] {
        be_nicer_by(steps);
        standing = {::sched_getscheduler(0), nice_steps() - before};
    });
    return standing;
}

}  // namespace

TEST_CASE("a nicer thread has less of the core and interrupts nobody when it wakes", "[base]") {
    Standing const standing = after(5);
    CHECK(standing.steps == 5);
    CHECK(standing.policy == SCHED_BATCH);
}

TEST_CASE("a nicer thread may ask for short turns", "[base]") {
    int policy = -1;
    in_a_thread([&] {
        be_nicer_by(1);
        ask_for_short_turns();
        policy = ::sched_getscheduler(0);
    });
    CHECK(policy == SCHED_BATCH);
}

TEST_CASE("who asks for more than others have may interrupt them", "[base]") { CHECK(after(-1).policy == SCHED_OTHER); }
