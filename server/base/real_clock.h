// Real time on one Asio timer: a heap of timers behind a single steady_timer.
#pragma once

#include "server/base/clock.h"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace drydock {

class RealClock final : public Clock {
public:
    explicit RealClock(boost::asio::any_io_executor loop);
    ~RealClock() override;

    [[nodiscard]] TimePoint now() const override;
    [[nodiscard]] WallTime wall() const override;
    TimerId call_at(TimePoint when, Task then) override;
    void cancel(TimerId timer) override;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace drydock
