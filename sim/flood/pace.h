// When the next login of an even rate is due, and whose fault it is when it begins late. A plain object
// without a clock: it is told the time.
#pragma once

#include "server/base/clock.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace drydock::load {

class Pace {
public:
    Pace() = default;
    // `rate` logins a second, more than 0, the first at `start`.
    Pace(double rate, Duration start)
        : gap_(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate))), next_(start) {}

    [[nodiscard]] Duration next() const { return next_; }
    [[nodiscard]] bool is_due(Duration time) const { return next_ <= time; }
    void advance() { next_ += gap_; }

    // What is due found no connection free: it cannot begin.
    void starve(Duration time) {
        is_starving_ = true;
        if (!starved_from_) { starved_from_ = time; }
    }
    [[nodiscard]] bool is_starving() const { return is_starving_; }
    // A connection is free again.
    void feed(Duration time) {
        if (is_starving_) { fed_at_ = time; }
        is_starving_ = false;
    }
    // All that was due has begun.
    void catch_up() { starved_from_.reset(); }

    // How late the next one begins at `time` by the fault of whoever begins it: not while it was starving.
    [[nodiscard]] Duration own_lag(Duration time) const {
        if (!starved_from_ || next_ >= fed_at_) { return time - next_; }
        return time - fed_at_ + std::max(Duration{}, *starved_from_ - next_);
    }

private:
    Duration gap_{};
    Duration next_{};
    std::optional<Duration> starved_from_;  // since when, until all that is due has begun
    Duration fed_at_{};
    bool is_starving_ = false;
};

}  // namespace drydock::load
