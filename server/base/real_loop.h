// The real loop, ready made: an io_context for one thread with its clock, entropy and offload
// thread. Owned by a composition root (drydockd, the rig); lives longer than all that uses it.
#pragma once

#include "server/base/loop.h"
#include "server/base/real_clock.h"

#include <boost/asio/io_context.hpp>

namespace drydock {

class RealLoop {
public:
    RealLoop()
        : context_(1),
          clock_(context_.get_executor()),
          offload_(context_.get_executor(), 1, k_offload_queue_max),
          loop_{context_.get_executor(), clock_, entropy_, offload_} {}

    // Handlers that still wait go first: what they own may use the clock.
    ~RealLoop() { context_.drop_handlers(); }
    RealLoop(RealLoop const&) = delete;
    RealLoop& operator=(RealLoop const&) = delete;

    [[nodiscard]] Loop& loop() { return loop_; }
    [[nodiscard]] boost::asio::io_context& context() { return context_; }

private:
    // One argon2 takes about 36 ms: with more than this many waiting, a new one is better refused.
    static constexpr std::size_t k_offload_queue_max = 64;

    struct Context : boost::asio::io_context {
        using io_context::io_context;
        void drop_handlers() { shutdown(); }
    };

    Context context_;
    RealClock clock_;
    SystemEntropy entropy_;
    ThreadOffload offload_;
    Loop loop_;
};

}  // namespace drydock
