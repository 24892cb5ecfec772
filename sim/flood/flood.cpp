#include "sim/flood/flood.h"

#include "server/base/niceness.h"
#include "server/base/system_calls.h"
#include "server/base/thread_cpu.h"
#include "sim/flood/device_socket.h"
#include "sim/flood/pace.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <malloc.h>
#include <stdexcept>
#include <system_error>
#include <time.h>
#include <utility>

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace drydock::load {

namespace {

constexpr Duration k_patience = std::chrono::seconds(30);
constexpr Duration k_sweep = std::chrono::seconds(1);
constexpr Duration k_look_around = std::chrono::milliseconds(20);
constexpr std::size_t k_answer_bytes_max = 8;

Duration now() {
    timespec now{};
    // tidy: clock because the flood is a real-time instrument with a thread of its own
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// While it lives, this thread's sleeps end when they should, not 50 us later, and it has the core then.
class Prompt {
public:
    Prompt() {
        ::prctl(PR_SET_TIMERSLACK, 1UL);
        ask_for_short_turns();
    }
    ~Prompt() {
        ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_));
        take_usual_turns();
    }
    Prompt(Prompt const&) = delete;
    Prompt& operator=(Prompt const&) = delete;

private:
    int before_ = ::prctl(PR_GET_TIMERSLACK);
};

struct Slot {
    enum class Phase : std::uint8_t { idle, connecting, shaking_hands, waiting, online };
    DeviceSocket socket;
    Phase phase = Phase::idle;
    std::uint8_t answer_size = 0;
    std::array<std::byte, k_answer_bytes_max> answer{};
    unsigned pings_under_way = 0;
    Login const* login = nullptr;
    Duration intended{};
};

class Flood {
public:
    Flood(FloodOptions const& options, std::vector<Login> const& logins, std::function<void(Instant)> const& at)
        : options_(options),
          logins_(logins),
          at_(at),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)),
          is_holding_(options.work == Work::hold || options.work == Work::storm) {
        if (epoll_ < 0) { throw std::system_error(errno, std::generic_category(), "epoll"); }
        target_.sin_family = AF_INET;
        target_.sin_port = htons(options_.target.port);
        if (::inet_pton(AF_INET, options_.target.host.c_str(), &target_.sin_addr) != 1) {
            ::close(epoll_);
            throw std::runtime_error("the target must be a numeric IPv4 address, not '" + options_.target.host + "'");
        }
        heap_before_ = heap();
        slots_.resize(is_holding_ ? options_.held : options_.in_flight);
        for (unsigned i = 0; i < options_.depth; ++i) {
            pings_.insert(pings_.end(), options_.ping.frame.begin(), options_.ping.frame.end());
        }
    }
    ~Flood() { ::close(epoll_); }
    Flood(Flood const&) = delete;
    Flood& operator=(Flood const&) = delete;

    FloodResult run() {
        if (options_.work == Work::storm) {
            gather(options_.in_flight);
            at_(Instant::all_are_up);
            scatter();
        }
        if (is_holding_) {
            begin_counting(now());
            gather(options_.work == Work::storm ? slots_.size() : options_.in_flight);
        } else {
            keep_up();
        }
        end_counting();
        return std::move(result_);
    }

private:
    [[nodiscard]] bool is_over() const {
        return options_.is_interrupted != nullptr && options_.is_interrupted->load(std::memory_order_relaxed);
    }

    static std::int64_t heap() {
        struct mallinfo2 const info = ::mallinfo2();
        return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
    }

    void keep_up() {
        Prompt const prompt;
        Duration const start = now();
        Duration const counts_from = start + options_.warm_up;
        Duration const end = counts_from + options_.lasts;
        if (is_paced()) { pace_ = Pace(options_.rate, start); }
        for (Duration time = start; time < end && !is_over(); time = now()) {
            if (!is_counting_ && time >= counts_from) { begin_counting(time); }
            start_due(time);
            wait(time);
            sweep(time);
        }
    }

    // Until every connection is up or has failed. All are due now, but only so many are under way.
    void gather(std::size_t at_once) {
        Duration const start = now();
        bool const is_storm = at_once >= slots_.size();
        while (online_ + failed_ < slots_.size() && !is_over()) {
            Duration const time = now();
            for (std::size_t i = 0; i < options_.starts_per_turn && idle_from_ < slots_.size() && busy_ < at_once;
                 ++i) {
                Duration const instant = now();
                start_one(slots_[idle_from_++], is_storm ? start : instant, is_storm ? instant - start : Duration{});
            }
            wait(time);
            sweep(time);
        }
        result_.all_up = now() - start;
    }

    void scatter() {
        for (Slot& slot : slots_) { hang_up(slot); }
        online_ = busy_ = failed_ = idle_from_ = 0;
        started_ = 0;
        result_.failures.clear();
    }

    void begin_counting(Duration time) {
        is_counting_ = true;
        at_(Instant::counting_begins);
        counted_from_ = time;
        cpu_from_ = thread_cpu();
    }

    void end_counting() {
        if (is_counting_) {
            result_.elapsed = now() - counted_from_;
            result_.cpu = thread_cpu() - cpu_from_;
            result_.held = online_;
            result_.heap_bytes = heap() - heap_before_;
            at_(Instant::counting_ends);
        }
    }

    void start_due(Duration time) {
        if (!is_paced()) {
            while (idle_from_ < slots_.size()) { start_one(slots_[idle_from_++], time, {}); }
            while (!idle_.empty() && start_one(*take_idle(), time, {})) {}
            return;
        }
        while (pace_.is_due(time)) {
            Slot* const slot = idle_from_ < slots_.size() ? &slots_[idle_from_++] : take_idle();
            // All at work: what is due waits, and its wait counts as latency.
            if (slot == nullptr) { return pace_.starve(time); }
            start_one(*slot, pace_.next(), pace_.own_lag(time));
            pace_.advance();
        }
        pace_.catch_up();
    }

    [[nodiscard]] bool is_paced() const { return options_.work != Work::messages && options_.rate > 0; }

    Slot* take_idle() {
        if (idle_.empty()) { return nullptr; }
        Slot* const slot = idle_.back();
        idle_.pop_back();
        return slot;
    }

    void put_idle(Slot& slot) {
        idle_.push_back(&slot);
        if (pace_.is_starving()) { pace_.feed(now()); }
    }

    bool start_one(Slot& slot, Duration intended, Duration late) {
        if (is_counting_) { result_.late.record(late); }
        slot.login = &logins_[started_++ % logins_.size()];
        slot.intended = intended;
        slot.answer_size = 0;
        ++busy_;
        slot.phase = Slot::Phase::connecting;
        if (slot.socket.open(target_, started_, epoll_, &slot) != DeviceSocket::Step::failed) { return true; }
        fail(slot);
        return false;
    }

    void wait(Duration time) {
        std::array<epoll_event, 256> events{};
        timespec const longest = system_call::to_timespec(longest_wait(time));
        int const got = system_call::epoll_pwait2(epoll_, events, &longest);
        if (got < 0 && errno != EINTR) { throw std::system_error(errno, std::generic_category(), "epoll"); }
        for (int i = 0; i < got; ++i) {
            auto const& event = events[static_cast<std::size_t>(i)];
            go_on(*static_cast<Slot*>(event.data.ptr), event.events);
        }
    }

    // Sleeps until the next start is due, to the microsecond: who spins instead keeps a processor from the
    // server, which then waits for the kernel's next tick.
    [[nodiscard]] Duration longest_wait(Duration time) const {
        if (is_holding_ && idle_from_ < slots_.size()) {
            return busy_ < options_.in_flight ? Duration{} : Duration(std::chrono::milliseconds(1));
        }
        // What is due already waits for a slot, which only an event sets free.
        if (!is_paced() || pace_.is_due(time)) { return k_look_around; }
        return std::clamp(pace_.next() - now(), Duration{}, k_look_around);
    }

    void go_on(Slot& slot, std::uint32_t events) {
        using Step = DeviceSocket::Step;
        if (slot.phase == Slot::Phase::idle) { return; }
        if (slot.phase == Slot::Phase::connecting) {
            Step const opened = slot.socket.opened(events);
            if (opened == Step::failed) { return fail(slot); }
            if (opened == Step::not_yet) { return; }
            if (options_.tls) { slot.socket.begin_tls(options_.tls->native(), options_.resumes); }
            slot.phase = Slot::Phase::shaking_hands;
        }
        if (slot.phase == Slot::Phase::shaking_hands) {
            Step const shaken = slot.socket.shake_hands();
            if (shaken == Step::failed) { return fail(slot); }
            if (shaken == Step::not_yet) { return; }
            if (is_counting_ && slot.socket.is_resumed()) { ++result_.resumed; }
            slot.phase = Slot::Phase::waiting;
            if (!slot.socket.put(slot.login->frame)) { return fail(slot); }
        }
        read(slot);
    }

    void read(Slot& slot) {
        std::array<std::byte, 4096> chunk;
        while (slot.phase == Slot::Phase::waiting || slot.phase == Slot::Phase::online) {
            std::size_t const got = slot.socket.get(chunk);
            if (got == 0) {
                if (slot.socket.is_broken()) { fail(slot); }
                return;
            }
            take(slot, BytesView(chunk).first(got));
            if (!options_.tls && got < chunk.size()) { return; }
        }
    }

    void take(Slot& slot, BytesView bytes) {
        // What those hear who only stay is of no interest.
        while (!bytes.empty() && !(is_holding_ && slot.phase == Slot::Phase::online)) {
            Bytes const& right =
                slot.phase == Slot::Phase::online ? options_.ping.right_answer : slot.login->right_answer;
            std::size_t const count = std::min(bytes.size(), right.size() - slot.answer_size);
            std::copy_n(bytes.begin(), count, slot.answer.begin() + slot.answer_size);
            slot.answer_size = static_cast<std::uint8_t>(slot.answer_size + count);
            bytes = bytes.subspan(count);
            if (slot.answer_size < right.size()) { return; }
            slot.answer_size = 0;
            bool const is_right = std::equal(right.begin(), right.end(), slot.answer.begin());
            if (slot.phase == Slot::Phase::waiting) {
                on_login_answer(slot, is_right);
            } else if (slot.phase == Slot::Phase::online) {
                on_ping_answer(slot, is_right);
            }
            if (slot.phase == Slot::Phase::idle) { return; }
        }
    }

    void on_login_answer(Slot& slot, bool is_right) {
        if (options_.work != Work::messages) { count(slot, is_right); }
        if (options_.resumes) { slot.socket.keep_ticket(); }
        --busy_;
        if (options_.work == Work::churn) {
            hang_up(slot);
            return put_idle(slot);
        }
        slot.phase = Slot::Phase::online;
        ++online_;
        if (options_.work == Work::messages) { ping(slot); }
        if (!options_.after_login.empty() && !slot.socket.put(options_.after_login)) { fail(slot); }
    }

    void ping(Slot& slot) {
        slot.intended = now();
        slot.pings_under_way = options_.depth;
        if (!slot.socket.put(pings_)) { fail(slot); }
    }

    void on_ping_answer(Slot& slot, bool is_right) {
        if (options_.work != Work::messages) { return; }
        count(slot, is_right);
        if (--slot.pings_under_way == 0) { ping(slot); }
    }

    void count(Slot& slot, bool is_right) {
        if (!is_counting_) { return; }
        if (!is_right) {
            ++result_.wrong;
            return;
        }
        ++result_.done;
        result_.latency.record(now() - slot.intended);
    }

    void fail(Slot& slot) { fail(slot, slot.socket.why()); }

    void fail(Slot& slot, std::string why) {
        if (is_counting_ || is_holding_) { ++result_.failures[std::move(why)]; }
        ++failed_;
        --(slot.phase == Slot::Phase::online ? online_ : busy_);
        hang_up(slot);
        if (!is_holding_) { put_idle(slot); }
    }

    static void hang_up(Slot& slot) {
        slot.socket.close();
        slot.phase = Slot::Phase::idle;
    }

    // Looks now and then for answers that never came.
    void sweep(Duration time) {
        if (time - swept_ < k_sweep) { return; }
        swept_ = time;
        for (Slot& slot : slots_) {
            bool const waits = slot.phase != Slot::Phase::idle && slot.phase != Slot::Phase::online;
            if (waits && time - slot.intended > k_patience) { fail(slot, "no answer in 30 s"); }
        }
    }

    FloodOptions const& options_;
    std::vector<Login> const& logins_;
    std::function<void(Instant)> const& at_;
    int epoll_;
    bool is_holding_;
    sockaddr_in target_{};
    Bytes pings_;
    std::vector<Slot> slots_;
    std::vector<Slot*> idle_;
    std::size_t idle_from_ = 0;  // slots from here on were never used
    std::uint64_t started_ = 0;
    std::size_t busy_ = 0;
    std::size_t online_ = 0;
    std::size_t failed_ = 0;
    Pace pace_;  // open loop only
    Duration swept_{};
    Duration counted_from_{};
    Duration cpu_from_{};
    std::int64_t heap_before_ = 0;
    bool is_counting_ = false;
    FloodResult result_;
};

}  // namespace

std::uint64_t FloodResult::failed() const {
    std::uint64_t all = 0;
    for (auto const& [why, count] : failures) { all += count; }
    return all;
}

double FloodResult::rate() const {
    double const seconds = std::chrono::duration<double>(elapsed).count();
    return seconds > 0 ? static_cast<double>(done) / seconds : 0;
}

FloodResult flood(FloodOptions const& options, std::vector<Login> const& logins,
                  std::function<void(Instant)> const& at) {
    return Flood(options, logins, at).run();
}

}  // namespace drydock::load
