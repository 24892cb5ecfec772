#include "rig/run/bell.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

namespace drydock::rig {

using Resume = std::function<void()>;

struct Bell::State {
    explicit State(Loop& its_loop) : loop(its_loop) {}

    Loop& loop;
    bool has_rung = false;
    Clock::TimerId timer = 0;
    // The timer owns the waiter, and the waiter may own the bell: no circle may keep both.
    std::weak_ptr<Resume> waiter;

    template <class Handler>
    void begin(Handler handler, TimePoint until) {
        auto shared = std::make_shared<Handler>(std::move(handler));
        // A ring and the instant may meet: the waiter goes on once.
        auto resume = std::make_shared<Resume>([shared, is_used = false]() mutable {
            if (!std::exchange(is_used, true)) { (*shared)(); }
        });
        if (std::exchange(has_rung, false)) {
            boost::asio::post(loop.executor, [resume] { (*resume)(); });
            return;
        }
        waiter = resume;
        timer = loop.clock.call_at(until, [resume] { (*resume)(); });
    }

    void ring() {
        auto const resume = waiter.lock();
        if (!resume) {
            has_rung = true;
            return;
        }
        waiter.reset();
        loop.clock.cancel(timer);
        boost::asio::post(loop.executor, [resume] { (*resume)(); });
    }
};

Bell::Bell(Loop& loop) : state_(std::make_shared<State>(loop)) {}
Bell::~Bell() = default;

// An ordinary function, so that no capturing lambda lives inside a coroutine (g++ 12).
boost::asio::awaitable<void> Bell::wait(TimePoint until) {
    auto start = [state = state_, until](auto handler) { state->begin(std::move(handler), until); };
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(start, boost::asio::use_awaitable);
}

void Bell::ring() { state_->ring(); }

}  // namespace drydock::rig
