// The engine of the real loop: an execution context for Asio that sleeps in one epoll set of its own, where
// descriptors, timers and posted work all wake it. A descriptor is registered at its first wait, edge-triggered, so
// that later waits cost neither a system call nor an allocation. Why not Asio's io_context: rig/docs/adr/0013.
//
// Work comes in rounds: what was posted, the timers that are due, and who is ready, for about half a
// millisecond; what any of these add has its turn in the next round. One thread runs it; posting, stop() and
// tracked executors are for any thread, all else for the loop's.
#pragma once

#include "server/base/on_ready.h"
#include "server/base/real_clock.h"
#include "server/base/task.h"

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/epoll.h>

namespace drydock {

class Reactor;

// One descriptor of the reactor, registered with its first wait: one that is answered and closed without any is
// never registered. Closes it at its end.
class Readiness {
public:
    enum class Watch {
        reads,            // writable from the start, until it is full for the first time
        reads_and_writes  // for one that is not connected yet
    };
    // Takes the descriptor over.
    Readiness(Reactor& reactor, int descriptor, Watch watch);
    ~Readiness() { close(); }
    Readiness(Readiness const&) = delete;
    Readiness& operator=(Readiness const&) = delete;

    [[nodiscard]] Reactor& reactor() const { return reactor_; }
    // -1 after close().
    [[nodiscard]] int descriptor() const { return descriptor_; }
    // Nothing after close().
    void wait_readable(OnReady then);
    void wait_writable(OnReady then);
    // The last read took less than it could, or nothing: only a new edge makes it readable again.
    void is_drained() { is_readable_ = has_ended_; }
    void is_full();
    // The peer's end or an error was told of, which begins with the first wait.
    [[nodiscard]] bool has_ended() const { return has_ended_; }
    void close();

private:
    friend class Reactor;
    // False when nobody waits for what it is ready for.
    bool tell();

    Reactor& reactor_;
    OnReady reader_;
    OnReady writer_;
    int descriptor_;
    bool is_registered_ : 1 = false;
    bool is_readable_ : 1 = false;
    bool is_writable_ : 1;
    bool watches_writes_ : 1;
    bool has_ended_ : 1 = false;  // the peer's end or an error: stays readable for good
    bool is_soon_ : 1 = false;
};

class Reactor final : public boost::asio::execution_context {
public:
    class Executor;

    // Throws std::system_error when the system gives no descriptors.
    explicit Reactor(RealClock& clock);
    ~Reactor();

    [[nodiscard]] Executor get_executor() noexcept;

    // Each gives how much was run; all who are ready in a round count as one. Like io_context's they end when stopped,
    // or with nothing left to wait for: no posted work, no timer, no registered descriptor, no tracked executor.
    // restart() comes before the next.
    std::size_t run();
    std::size_t run_for(Duration time);
    std::size_t run_one();
    std::size_t run_one_for(Duration time);
    // What is ready now.
    std::size_t poll();
    void stop();
    [[nodiscard]] bool stopped() const { return is_stopped_; }
    void restart() { is_stopped_ = false; }

    [[nodiscard]] Clock& clock() { return clock_; }
    // Ends Asio's services on this context and forgets posted work and timers. Not while it runs. What stands on
    // Asio's services is closed before, and every Readiness by the end of the reactor.
    void drop_handlers();

private:
    friend class Readiness;
    class Running;

    void post(Task work);
    void add_tracked() noexcept { tracked_.fetch_add(1, std::memory_order_relaxed); }
    void remove_tracked() noexcept;
    void wake_up();
    void ring();  // with the mutex locked

    template <class More>
    [[nodiscard]] std::size_t run_while(More more, TimePoint end);
    [[nodiscard]] std::size_t run_one_until(TimePoint end);
    [[nodiscard]] bool has_work();
    [[nodiscard]] bool go_on();
    [[nodiscard]] bool begin_round(TimePoint end);
    void take_incoming();
    [[nodiscard]] bool falls_asleep();
    void ask_kernel(Duration wait);
    // False when they found nobody to tell.
    [[nodiscard]] bool tell_soon(TimePoint end);
    [[nodiscard]] bool turn(TimePoint end);

    void add(Readiness& readiness);
    void tell_kernel(int operation, Readiness& readiness);
    void remove(Readiness& readiness);
    // Tells in the next round what is ready already.
    void soon(Readiness& readiness);

    static constexpr std::size_t k_batch = 64;  // events that are asked of the kernel at once

    RealClock& clock_;
    int epoll_;
    int bell_;  // an eventfd that others ring when the loop sleeps
    std::atomic<bool> is_stopped_ = false;
    std::atomic<std::size_t> tracked_ = 0;

    // Of this thread.
    std::vector<Task> round_;
    std::size_t round_at_ = 0;  // those before have run
    TimePoint round_begin_{};
    bool has_turn_ = false;
    std::vector<Task> posted_;  // for the next round
    std::array<epoll_event, k_batch> batch_{};
    std::size_t batch_size_ = 0;
    std::size_t batch_at_ = 0;   // those before have been told
    Readiness* told_ = nullptr;  // null again when the one being told is removed meanwhile
    std::vector<Readiness*> soon_;
    std::size_t registered_ = 0;
    bool waits_in_milliseconds_ = false;  // the system has no finer wait

    // Of all threads.
    std::mutex mutex_;
    std::vector<Task> incoming_;
    std::atomic<bool> has_incoming_ = false;
    bool is_asleep_ = false;
};

// Never blocks: work runs in a later round. A tracked one keeps the loop running while it lives.
class Reactor::Executor {
public:
    using Work = boost::asio::execution::outstanding_work_t;
    using Blocking = boost::asio::execution::blocking_t;

    explicit Executor(Reactor& reactor, bool is_tracked = false) noexcept
        : reactor_(&reactor), is_tracked_(is_tracked) {
        if (is_tracked_) { reactor_->add_tracked(); }
    }
    Executor(Executor const& other) noexcept : Executor(*other.reactor_, other.is_tracked_) {}
    Executor& operator=(Executor const&) = delete;
    ~Executor() {
        if (is_tracked_) { reactor_->remove_tracked(); }
    }

    [[nodiscard]] Reactor& query(boost::asio::execution::context_t) const noexcept { return *reactor_; }
    [[nodiscard]] static constexpr Blocking query(Blocking) noexcept { return boost::asio::execution::blocking.never; }
    [[nodiscard]] static constexpr boost::asio::execution::mapping_t query(boost::asio::execution::mapping_t) noexcept {
        return boost::asio::execution::mapping.thread;
    }
    [[nodiscard]] Work query(Work) const noexcept {
        return is_tracked_ ? Work(boost::asio::execution::outstanding_work.tracked)
                           : Work(boost::asio::execution::outstanding_work.untracked);
    }
    [[nodiscard]] Executor require(Blocking::never_t) const noexcept { return *this; }
    [[nodiscard]] Executor require(Work::tracked_t) const noexcept { return Executor(*reactor_, true); }
    [[nodiscard]] Executor require(Work::untracked_t) const noexcept { return Executor(*reactor_, false); }

    template <class Function>
    void execute(Function function) const {
        reactor_->post([function = std::move(function)]() mutable { std::move(function)(); });
    }

    friend bool operator==(Executor const& a, Executor const& b) noexcept { return a.reactor_ == b.reactor_; }
    friend bool operator!=(Executor const& a, Executor const& b) noexcept { return a.reactor_ != b.reactor_; }

private:
    Reactor* reactor_;
    bool is_tracked_;
};

}  // namespace drydock
