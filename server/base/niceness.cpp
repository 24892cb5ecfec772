#include "server/base/niceness.h"

#include <cstdint>
#include <sched.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace drydock {

namespace {

constexpr std::uint64_t k_short_turn_ns = 100'000;  // the least the kernel takes
constexpr std::uint64_t k_usual_turn_ns = 0;        // "as you see fit"

// What the kernel reads: its header clashes with that of the C library.
struct SchedulingAttributes {
    std::uint32_t size;
    std::uint32_t policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t turn_ns;
    std::uint64_t deadline_ns;
    std::uint64_t period_ns;
};

void ask_for_turns(std::uint64_t turn_ns) {
    SchedulingAttributes attributes{};
    if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) { return; }
    // For other policies the number means something else.
    if (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH) { return; }
    attributes.turn_ns = turn_ns;
    static_cast<void>(::syscall(SYS_sched_setattr, 0, &attributes, 0));
}

}  // namespace

void be_nicer_by(int steps) {
    auto const thread = static_cast<id_t>(::gettid());
    // -1 may be an answer or a failure; after a failure the next call fails alike.
    int const now = ::getpriority(PRIO_PROCESS, thread);
    static_cast<void>(::setpriority(PRIO_PROCESS, thread, now + steps));
    sched_param const none{};
    if (steps > 0 && ::sched_getscheduler(0) == SCHED_OTHER) {
        static_cast<void>(::sched_setscheduler(0, SCHED_BATCH, &none));
    }
}

void ask_for_short_turns() { ask_for_turns(k_short_turn_ns); }

void take_usual_turns() { ask_for_turns(k_usual_turn_ns); }

}  // namespace drydock
