#include "server/base/real_clock.h"

namespace drydock {

RealClock::RealClock() : start_(std::chrono::steady_clock::now()) {}

TimePoint RealClock::now() const { return TimePoint(std::chrono::steady_clock::now() - start_); }

WallTime RealClock::wall() const {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

bool RealClock::fire_one(TimePoint time) {
    auto const earliest = timers_.next();
    if (!earliest || *earliest > time) { return false; }
    timers_.pop()();
    return true;
}

}  // namespace drydock
