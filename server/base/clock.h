// The seam of time. RealClock (real_clock.h) stands on the loop's steady clock, the world's
// clock (sim/world) on virtual time. All calls on the loop's thread.
#pragma once

#include "server/base/task.h"

#include <chrono>
#include <cstdint>

namespace drydock {

using Duration = std::chrono::nanoseconds;

// Time since the process or the world began: never jumps, never runs backwards.
struct LoopTime {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    static constexpr bool is_steady = true;
};
using TimePoint = std::chrono::time_point<LoopTime, Duration>;

// What people and certificates call the time: milliseconds since 1970, may jump.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
public:
    using TimerId = std::uint64_t;  // zero is never handed out

    Clock() = default;
    Clock(Clock const&) = delete;
    Clock& operator=(Clock const&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual TimePoint now() const = 0;
    [[nodiscard]] virtual WallTime wall() const = 0;
    // Calls `then` once on the loop, never inside this call, at `when` or as soon after as can be.
    virtual TimerId call_at(TimePoint when, Task then) = 0;
    // Forgets a timer. After this `then` is not called. An id that already fired is ignored.
    virtual void cancel(TimerId timer) = 0;
};

}  // namespace drydock
