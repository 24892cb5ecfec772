// Whether a loop is busy, from what its thread had of a processor between two looks. Plain data without I/O.
#pragma once

#include "server/base/clock.h"

namespace drydock {

class LoopLoad {
public:
    // `used`: all that the loop's thread had of a processor until `now`. True when it was more than a fifth of the
    // time since the last look: such a loop serves devices.
    [[nodiscard]] bool is_busy(TimePoint now, Duration used) {
        bool const is_much = used - used_ > (now - looked_) / k_busy_share;
        looked_ = now;
        used_ = used;
        return is_much;
    }

private:
    static constexpr int k_busy_share = 5;

    TimePoint looked_{};
    Duration used_{};
};

}  // namespace drydock
