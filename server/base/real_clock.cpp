#include "server/base/real_clock.h"

#include "server/base/timers.h"

#include <boost/asio/steady_timer.hpp>

namespace drydock {

struct RealClock::State : std::enable_shared_from_this<RealClock::State> {
    explicit State(boost::asio::any_io_executor const& loop) : timer(loop), start(std::chrono::steady_clock::now()) {}

    [[nodiscard]] TimePoint now() const { return TimePoint(std::chrono::steady_clock::now() - start); }

    // Waits for the earliest timer, when that is earlier than what is waited for already.
    void arm() {
        auto const next = timers.next();
        if (!next || closed || (armed && *armed <= *next)) { return; }
        armed = next;
        timer.expires_at(start + next->time_since_epoch());
        timer.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (!ec) { self->fire(); }
        });
    }

    void fire() {
        armed.reset();
        TimePoint const due = now();
        while (!closed && !timers.empty() && *timers.next() <= due) { timers.pop()(); }
        arm();
    }

    boost::asio::steady_timer timer;
    std::chrono::steady_clock::time_point start;
    Timers timers;
    std::optional<TimePoint> armed;
    bool closed = false;
};

RealClock::RealClock(boost::asio::any_io_executor loop) : state_(std::make_shared<State>(std::move(loop))) {}

RealClock::~RealClock() {
    state_->closed = true;
    state_->timers.clear();
    state_->timer.cancel();
}

TimePoint RealClock::now() const { return state_->now(); }

WallTime RealClock::wall() const {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Clock::TimerId RealClock::call_at(TimePoint when, Task then) {
    auto const id = state_->timers.add(when, std::move(then));
    state_->arm();
    return id;
}

void RealClock::cancel(TimerId timer) {
    state_->timers.remove(timer);
    // With nothing left to wait for the loop may end.
    if (state_->timers.empty() && state_->armed) {
        state_->armed.reset();
        state_->timer.cancel();
    }
}

}  // namespace drydock
