#include "server/base/reactor.h"

#include "server/base/check.h"
#include "server/base/system_calls.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace drydock {

namespace {

// A step of a TLS handshake takes a millisecond: what falls due meanwhile does not wait for sixty of them.
constexpr Duration k_turn_max = std::chrono::microseconds(500);
constexpr std::size_t k_looks_at_clock = 4;  // after so many events: most take a few microseconds
constexpr TimePoint k_never = TimePoint::max();
constexpr Duration k_for_ever = Duration::max();
constexpr unsigned long k_timer_slack_ns = 1'000;
// The kernel lets a sleep end late by a thousandth of it: of a long one the last part is slept anew.
constexpr Duration k_long_sleep = std::chrono::milliseconds(10);
constexpr int k_last_part = 256;

thread_local Reactor const* running_here = nullptr;

int checked(int descriptor, char const* what) {
    if (descriptor < 0) { throw std::system_error(errno, std::generic_category(), what); }
    return descriptor;
}

int wait_in_milliseconds(int epoll, std::span<epoll_event> into, Duration wait) {
    // A wait for ever becomes one of 24 days.
    auto const milliseconds = std::min<std::chrono::milliseconds::rep>(
        std::chrono::ceil<std::chrono::milliseconds>(wait).count(), std::numeric_limits<int>::max());
    return ::epoll_wait(epoll, into.data(), static_cast<int>(into.size()), static_cast<int>(milliseconds));
}

}  // namespace

Readiness::Readiness(Reactor& reactor, int descriptor, Watch watch)
    : reactor_(reactor),
      descriptor_(descriptor),
      is_writable_(watch == Watch::reads),
      watches_writes_(watch == Watch::reads_and_writes) {}

void Readiness::wait_readable(OnReady then) {
    if (descriptor_ < 0) { return; }
    reader_ = then;
    reactor_.add(*this);
    if (is_readable_) { reactor_.soon(*this); }
}

void Readiness::wait_writable(OnReady then) {
    if (descriptor_ < 0) { return; }
    writer_ = then;
    reactor_.add(*this);
    if (is_writable_) { reactor_.soon(*this); }
}

// Most devices never have so much to read: until then it would only be a turn for nothing when one
// connects.
void Readiness::is_full() {
    is_writable_ = false;
    if (watches_writes_) { return; }
    watches_writes_ = true;
    if (is_registered_) { reactor_.tell_kernel(EPOLL_CTL_MOD, *this); }
}

void Readiness::close() {
    if (descriptor_ < 0) { return; }
    reader_ = {};
    writer_ = {};
    if (is_registered_) { reactor_.remove(*this); }
    system_call::close(std::exchange(descriptor_, -1));
}

// Each call may end this object: the reactor notices and nothing is touched afterwards.
bool Readiness::tell() {
    Reactor& reactor = reactor_;
    reactor.told_ = this;
    bool const reads = is_readable_ && reader_;
    if (reads) {
        std::exchange(reader_, {})();
        if (reactor.told_ != this) { return true; }
    }
    bool const writes = is_writable_ && writer_;
    if (writes) { std::exchange(writer_, {})(); }
    return reads || writes;
}

// The thread that runs a reactor posts to it without a lock.
class Reactor::Running {
public:
    explicit Running(Reactor const& reactor) : before_(std::exchange(running_here, &reactor)) {}
    ~Running() { running_here = before_; }
    Running(Running const&) = delete;
    Running& operator=(Running const&) = delete;

private:
    Reactor const* before_;
};

Reactor::Reactor(RealClock& clock)
    : clock_(clock),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll")),
      bell_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;  // each ring is an edge: nobody reads it
    DRYDOCK_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, bell_, &event) == 0);
    // Sleeps end when something is due, not 50 us later.
    ::prctl(PR_SET_TIMERSLACK, k_timer_slack_ns);
}

Reactor::~Reactor() {
    drop_handlers();
    destroy();
    DRYDOCK_CHECK(registered_ == 0);
    ::close(bell_);
    ::close(epoll_);
}

Reactor::Executor Reactor::get_executor() noexcept { return Executor(*this); }

std::size_t Reactor::run() {
    return run_while([] { return true; }, k_never);
}
std::size_t Reactor::run_one() { return run_one_until(k_never); }
std::size_t Reactor::run_one_for(Duration time) { return run_one_until(clock_.now() + time); }
std::size_t Reactor::poll() {
    return run_while([] { return true; }, TimePoint::min());
}

// Ends with its time, also while there is always something to do.
std::size_t Reactor::run_for(Duration time) {
    TimePoint const end = clock_.now() + time;
    return run_while([this, end] { return clock_.now() < end; }, end);
}

void Reactor::stop() {
    is_stopped_ = true;
    wake_up();
}

// What goes may post and set timers: until there is nothing left.
void Reactor::drop_handlers() {
    shutdown();
    take_incoming();
    while (!round_.empty() || !posted_.empty() || clock_.next()) {
        std::exchange(round_, {}).clear();
        std::exchange(posted_, {}).clear();
        clock_.forget_all();
        take_incoming();
    }
    round_at_ = 0;
}

void Reactor::post(Task work) {
    if (running_here == this) { return posted_.push_back(std::move(work)); }
    std::lock_guard const lock(mutex_);
    incoming_.push_back(std::move(work));
    has_incoming_.store(true, std::memory_order_release);
    ring();
}

void Reactor::remove_tracked() noexcept {
    if (tracked_.fetch_sub(1) == 1 && running_here != this) { wake_up(); }
}

void Reactor::wake_up() {
    std::lock_guard const lock(mutex_);
    ring();
}

void Reactor::ring() {
    if (std::exchange(is_asleep_, false)) { ::eventfd_write(bell_, 1); }
}

template <class More>
std::size_t Reactor::run_while(More more, TimePoint end) {
    std::size_t count = 0;
    while (more() && run_one_until(end) == 1) { ++count; }
    return count;
}

std::size_t Reactor::run_one_until(TimePoint end) {
    Running const here(*this);
    while (!is_stopped_) {
        if (go_on()) { return 1; }
        if (!has_work()) {
            is_stopped_ = true;
            break;
        }
        if (!begin_round(end)) { break; }
    }
    return 0;
}

bool Reactor::has_work() {
    return registered_ > 0 || !posted_.empty() || clock_.next() || tracked_.load() > 0 || has_incoming_.load();
}

// The next of this round; false when it is over.
bool Reactor::go_on() {
    if (round_at_ < round_.size()) {
        Task work = std::move(round_[round_at_++]);
        work();
        return true;
    }
    if (clock_.fire_one(round_begin_)) { return true; }
    if (!std::exchange(has_turn_, false)) { return false; }
    TimePoint const end = clock_.now() + k_turn_max;
    bool const has_told = tell_soon(end);
    return turn(end) || has_told;
}

// Sleeps until there is something to do, or until `end`. False when there is nothing by then.
bool Reactor::begin_round(TimePoint end) {
    round_.clear();
    round_at_ = 0;
    round_.swap(posted_);
    take_incoming();
    has_turn_ = true;
    round_begin_ = clock_.now();
    if (batch_at_ < batch_size_) { return true; }
    auto const timer = clock_.next();
    bool const is_busy = !round_.empty() || !soon_.empty() || (timer && *timer <= round_begin_);
    TimePoint const until = is_busy ? round_begin_ : std::min(timer.value_or(k_never), end);
    if (until <= round_begin_ || !falls_asleep()) {
        ask_kernel(Duration::zero());
        return is_busy || batch_size_ > 0 || round_begin_ < end;
    }
    ask_kernel(until == k_never ? k_for_ever : until - round_begin_);
    {
        std::lock_guard const lock(mutex_);
        is_asleep_ = false;
    }
    take_incoming();
    round_begin_ = clock_.now();
    return true;
}

void Reactor::take_incoming() {
    if (!has_incoming_.load(std::memory_order_acquire)) { return; }
    std::lock_guard const lock(mutex_);
    std::move(incoming_.begin(), incoming_.end(), std::back_inserter(round_));
    incoming_.clear();
    has_incoming_ = false;
}

// Not when another thread did, in the meantime, what it would ring the bell for from now on.
bool Reactor::falls_asleep() {
    std::lock_guard const lock(mutex_);
    is_asleep_ = !has_incoming_ && !is_stopped_ && has_work();
    return is_asleep_;
}

void Reactor::ask_kernel(Duration wait) {
    if (wait > k_long_sleep && wait != k_for_ever) { wait -= wait / k_last_part; }
    int got = -1;
    if (!waits_in_milliseconds_) {
        timespec const longest = system_call::to_timespec(wait);
        got = system_call::epoll_pwait2(epoll_, batch_, wait == k_for_ever ? nullptr : &longest);
        // Valgrind does not know the call, and a filter of calls that does not says that it is not permitted.
        waits_in_milliseconds_ = got < 0 && (errno == ENOSYS || errno == EPERM);
    }
    if (waits_in_milliseconds_) { got = wait_in_milliseconds(epoll_, batch_, wait); }
    DRYDOCK_CHECK(got >= 0 || errno == EINTR);
    batch_at_ = 0;
    batch_size_ = got > 0 ? static_cast<std::size_t>(got) : 0;
}

// The kernel tells at once of what was there before: nothing that came until the first wait is missed.
void Reactor::add(Readiness& readiness) {
    if (readiness.is_registered_) { return; }
    readiness.is_registered_ = true;
    tell_kernel(EPOLL_CTL_ADD, readiness);
    ++registered_;
}

void Reactor::tell_kernel(int operation, Readiness& readiness) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    if (readiness.watches_writes_) { event.events |= EPOLLOUT; }
    event.data.ptr = &readiness;
    // Fails only for want of kernel memory or for a descriptor that cannot be polled at all.
    DRYDOCK_CHECK(::epoll_ctl(epoll_, operation, readiness.descriptor(), &event) == 0);
}

void Reactor::remove(Readiness& readiness) {
    if (told_ == &readiness) { told_ = nullptr; }
    // Also of one that is being told: what is told in place of an event may have a later event in the batch.
    for (std::size_t i = batch_at_; i < batch_size_; ++i) {
        if (batch_[i].data.ptr == &readiness) { batch_[i].data.ptr = nullptr; }
    }
    if (readiness.is_soon_) { std::replace(soon_.begin(), soon_.end(), &readiness, static_cast<Readiness*>(nullptr)); }
    --registered_;
}

void Reactor::soon(Readiness& readiness) {
    if (readiness.is_soon_) { return; }
    readiness.is_soon_ = true;
    soon_.push_back(&readiness);
}

// By index, and what has been told leaves a hole: telling adds to the end, and ends others.
bool Reactor::tell_soon(TimePoint end) {
    bool has_told = false;
    std::size_t const count = soon_.size();
    std::size_t at = 0;
    while (at < count) {
        Readiness* const one = std::exchange(soon_[at++], nullptr);
        if (one == nullptr) { continue; }
        one->is_soon_ = false;
        has_told = one->tell() || has_told;
        if (at % k_looks_at_clock == 0 && clock_.now() >= end) { break; }
    }
    soon_.erase(soon_.begin(), soon_.begin() + static_cast<std::ptrdiff_t>(at));
    return has_told;
}

bool Reactor::turn(TimePoint end) {
    bool has_told = false;
    while (batch_at_ < batch_size_) {
        epoll_event& event = batch_[batch_at_++];
        auto* const one = static_cast<Readiness*>(event.data.ptr);
        if (one == nullptr) { continue; }
        event.data.ptr = nullptr;
        std::uint32_t const events = event.events;
        if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) { one->has_ended_ = true; }
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) { one->is_readable_ = true; }
        if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) { one->is_writable_ = true; }
        has_told = one->tell() || has_told;
        if (batch_at_ % k_looks_at_clock == 0 && clock_.now() >= end) { break; }
    }
    return has_told;
}

}  // namespace drydock
