// The real loop, ready made: a reactor for one thread with its clock, entropy and offload
// thread. Owned by a composition root (drydockd, the rig); lives longer than all that uses it.
#pragma once

#include "server/base/loop.h"
#include "server/base/reactor.h"
#include "server/base/real_clock.h"

namespace drydock {

class RealLoop {
public:
    RealLoop()
        : reactor_(clock_),
          offload_(reactor_.get_executor(), 1, k_offload_queue_max),
          loop_{reactor_.get_executor(), clock_, entropy_, offload_} {}

    // Handlers that still wait go first: what they own may use the loop.
    ~RealLoop() { reactor_.drop_handlers(); }
    RealLoop(RealLoop const&) = delete;
    RealLoop& operator=(RealLoop const&) = delete;

    [[nodiscard]] Loop& loop() { return loop_; }
    [[nodiscard]] Reactor& reactor() { return reactor_; }

private:
    // One argon2 takes about 36 ms: with more than this many waiting, a new one is better refused.
    static constexpr std::size_t k_offload_queue_max = 64;

    RealClock clock_;
    Reactor reactor_;
    SystemEntropy entropy_;
    ThreadOffload offload_;
    Loop loop_;
};

}  // namespace drydock
