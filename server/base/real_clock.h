// Real time: the steady clock since the start of the loop, and the timers that the reactor looks at.
#pragma once

#include "server/base/clock.h"
#include "server/base/timers.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace drydock {

class RealClock final : public Clock {
public:
    RealClock();

    [[nodiscard]] TimePoint now() const override;
    [[nodiscard]] WallTime wall() const override;
    // One for the past is for now, as in virtual time: it waits for its turn.
    TimerId call_at(TimePoint when, Task then) override { return timers_.add(std::max(when, now()), std::move(then)); }
    void cancel(TimerId timer) override { timers_.remove(timer); }

    // Of the earliest timer.
    [[nodiscard]] std::optional<TimePoint> next() const { return timers_.next(); }
    // Calls the earliest timer when it is due at `time`; false when none is.
    bool fire_one(TimePoint time);
    void forget_all() { timers_.clear(); }

private:
    std::chrono::steady_clock::time_point start_;
    Timers timers_;
};

}  // namespace drydock
