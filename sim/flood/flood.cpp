#include "sim/flood/flood.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <system_error>
#include <time.h>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drydock::load {

namespace {

constexpr Duration k_patience = std::chrono::seconds(15);
constexpr Duration k_sweep = std::chrono::seconds(1);
constexpr std::size_t k_answer_bytes_max = 8;
// Source addresses 127.0.0.1 … .16: one address has only 28,000 ports, and a closed one rests.
constexpr std::uint32_t k_source_addresses = 16;

Duration clock_of(clockid_t which) {
    timespec now{};
    ::clock_gettime(which, &now);  // tidy: clock because the flood is a real-time instrument with a thread of its own
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}
Duration now() { return clock_of(CLOCK_MONOTONIC); }

std::string reason(int error) { return std::generic_category().message(error); }

struct SslEnd {
    void operator()(SSL* session) const { SSL_free(session); }
};
struct SessionEnd {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

struct Slot {
    enum class Phase : std::uint8_t { idle, connecting, shaking_hands, waiting, online };
    int socket = -1;
    Phase phase = Phase::idle;
    std::uint8_t answer_size = 0;
    std::array<std::byte, k_answer_bytes_max> answer{};
    unsigned pings_under_way = 0;
    Login const* login = nullptr;
    Duration intended{};
    std::unique_ptr<SSL, SslEnd> tls;
    std::unique_ptr<SSL_SESSION, SessionEnd> ticket;
};

class Flood {
public:
    Flood(FloodOptions const& options, std::vector<Login> const& logins, std::function<void(Instant)> const& at)
        : options_(options), logins_(logins), at_(at), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        if (epoll_ < 0) { throw std::system_error(errno, std::generic_category(), "epoll"); }
        slots_.resize(options_.work == Work::hold ? options_.held : options_.in_flight);
        target_.sin_family = AF_INET;
        target_.sin_port = htons(options_.target.port);
        if (::inet_pton(AF_INET, options_.target.host.c_str(), &target_.sin_addr) != 1) {
            throw std::runtime_error("the target must be a numeric IPv4 address, not '" + options_.target.host + "'");
        }
        for (unsigned i = 0; i < options_.depth; ++i) {
            pings_.insert(pings_.end(), options_.ping.frame.begin(), options_.ping.frame.end());
        }
    }
    ~Flood() {
        for (Slot& slot : slots_) { hang_up(slot); }
        ::close(epoll_);
    }
    Flood(Flood const&) = delete;
    Flood& operator=(Flood const&) = delete;

    FloodResult run() {
        start_ = now();
        Duration const counts_from = start_ + options_.warm_up;
        end_ = counts_from + options_.lasts;
        next_due_ = start_;
        heap_before_ = heap();
        for (Duration time = start_; time < end_ && !is_over(); time = now()) {
            if (!is_counting_ && time >= counts_from) { begin_counting(time); }
            start_due(time);
            wait(time);
            sweep(time);
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

    void begin_counting(Duration time) {
        is_counting_ = true;
        counted_from_ = time;
        cpu_from_ = clock_of(CLOCK_THREAD_CPUTIME_ID);
        at_(Instant::counting_begins);
    }

    void end_counting() {
        if (is_counting_) {
            result_.elapsed = now() - counted_from_;
            result_.cpu = clock_of(CLOCK_THREAD_CPUTIME_ID) - cpu_from_;
            at_(Instant::counting_ends);
        }
        result_.held = online_;
        result_.heap_bytes = heap() - heap_before_;
    }

    void start_due(Duration time) {
        if (options_.work == Work::hold) {
            while (busy_ < options_.in_flight && started_ < slots_.size()) { start(slots_[started_], time, time); }
            return;
        }
        if (options_.work == Work::messages || options_.rate <= 0) {
            while (idle_from_ < slots_.size()) { start(slots_[idle_from_++], time, time); }
            while (!idle_.empty() && start(*take_idle(), time, time)) {}
            return;
        }
        auto const gap = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / options_.rate));
        while (next_due_ <= time) {
            Slot* const slot = idle_from_ < slots_.size() ? &slots_[idle_from_++] : take_idle();
            // All at work: what is due waits, and its wait counts as latency.
            if (slot == nullptr) { return; }
            start(*slot, next_due_, time);
            next_due_ += gap;
        }
    }

    Slot* take_idle() {
        if (idle_.empty()) { return nullptr; }
        Slot* const slot = idle_.back();
        idle_.pop_back();
        return slot;
    }

    bool start(Slot& slot, Duration intended, Duration time) {
        if (is_counting_) { result_.late.record(time - intended); }
        slot.login = &logins_[started_++ % logins_.size()];
        slot.intended = intended;
        slot.answer_size = 0;
        slot.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (slot.socket < 0) {
            fail(slot, reason(errno));
            return false;
        }
        int const on = 1;
        ::setsockopt(slot.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if ((ntohl(target_.sin_addr.s_addr) >> 24U) == 127) { spread_source(slot); }
        int const begun = ::connect(slot.socket, reinterpret_cast<sockaddr const*>(&target_), sizeof target_);
        if (begun != 0 && errno != EINPROGRESS) {
            fail(slot, reason(errno));
            return false;
        }
        slot.phase = Slot::Phase::connecting;
        ++busy_;
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = &slot;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, slot.socket, &event);
        return true;
    }

    void spread_source(Slot& slot) {
        int const on = 1;
        ::setsockopt(slot.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        sockaddr_in from{};
        from.sin_family = AF_INET;
        from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(started_) % k_source_addresses);
        ::bind(slot.socket, reinterpret_cast<sockaddr const*>(&from), sizeof from);
    }

    void wait(Duration time) {
        std::array<epoll_event, 256> events{};
        int patience_ms = 20;
        if (options_.rate > 0) { patience_ms = next_due_ - time > std::chrono::milliseconds(2) ? 1 : 0; }
        int const got = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience_ms);
        for (int i = 0; i < got; ++i) {
            auto const& event = events[static_cast<std::size_t>(i)];
            go_on(*static_cast<Slot*>(event.data.ptr), event.events);
        }
    }

    void go_on(Slot& slot, std::uint32_t events) {
        if (slot.phase == Slot::Phase::idle) { return; }
        if (slot.phase == Slot::Phase::connecting) {
            if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
                int error = 0;
                socklen_t size = sizeof error;
                ::getsockopt(slot.socket, SOL_SOCKET, SO_ERROR, &error, &size);
                return fail(slot, reason(error == 0 ? ECONNRESET : error));
            }
            if ((events & EPOLLOUT) == 0) { return; }
            if (options_.tls) { begin_tls(slot); }
            slot.phase = Slot::Phase::shaking_hands;
        }
        if (slot.phase == Slot::Phase::shaking_hands && !send_login(slot)) { return; }
        read(slot);
    }

    void begin_tls(Slot& slot) {
        slot.tls.reset(SSL_new(static_cast<SSL_CTX*>(options_.tls->native())));
        SSL_set_fd(slot.tls.get(), slot.socket);
        SSL_set_connect_state(slot.tls.get());
        if (options_.resumes && slot.ticket) { SSL_set_session(slot.tls.get(), slot.ticket.get()); }
    }

    // False when the handshake is still under way, or the connection is gone.
    bool send_login(Slot& slot) {
        Bytes const& frame = slot.login->frame;
        if (slot.tls) {
            ERR_clear_error();
            int const done = SSL_do_handshake(slot.tls.get());
            if (done != 1) {
                int const why = SSL_get_error(slot.tls.get(), done);
                if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) { fail(slot, "TLS handshake failed"); }
                return false;
            }
            if (SSL_session_reused(slot.tls.get()) == 1 && is_counting_) { ++result_.resumed; }
        }
        slot.phase = Slot::Phase::waiting;
        return put(slot, frame);
    }

    bool put(Slot& slot, BytesView bytes) {
        if (slot.tls) {
            ERR_clear_error();
            if (SSL_write(slot.tls.get(), bytes.data(), static_cast<int>(bytes.size())) > 0) { return true; }
            fail(slot, "TLS write failed");
            return false;
        }
        if (::send(slot.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
            return true;
        }
        fail(slot, reason(errno));
        return false;
    }

    // Bytes read; nothing when there are none yet, or the connection is gone and was counted.
    std::size_t get(Slot& slot, std::span<std::byte> into) {
        if (slot.tls) {
            ERR_clear_error();
            int const got = SSL_read(slot.tls.get(), into.data(), static_cast<int>(into.size()));
            if (got > 0) { return static_cast<std::size_t>(got); }
            if (SSL_get_error(slot.tls.get(), got) != SSL_ERROR_WANT_READ) { lost(slot, "closed by the server"); }
            return 0;
        }
        ssize_t const got = ::recv(slot.socket, into.data(), into.size(), 0);
        if (got > 0) { return static_cast<std::size_t>(got); }
        if (got == 0) {
            lost(slot, "closed by the server");
        } else if (errno != EAGAIN) {
            lost(slot, reason(errno));
        }
        return 0;
    }

    void read(Slot& slot) {
        std::array<std::byte, 4096> chunk;
        while (slot.phase == Slot::Phase::waiting || slot.phase == Slot::Phase::online) {
            std::size_t const got = get(slot, chunk);
            if (got == 0) { return; }
            take(slot, BytesView(chunk).first(got));
            if (!slot.tls && got < chunk.size()) { return; }
        }
    }

    void take(Slot& slot, BytesView bytes) {
        while (!bytes.empty()) {
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
                if (slot.phase == Slot::Phase::idle) { return; }
            } else {
                on_ping_answer(slot, is_right);
            }
        }
    }

    void on_login_answer(Slot& slot, bool is_right) {
        if (options_.work != Work::messages) { count(slot, is_right); }
        if (options_.resumes && slot.tls) { slot.ticket.reset(SSL_get1_session(slot.tls.get())); }
        if (options_.work == Work::churn) {
            hang_up(slot);
            return rest(slot);
        }
        slot.phase = Slot::Phase::online;
        ++online_;
        if (options_.work == Work::hold) { --busy_; }
        if (options_.work == Work::messages) { ping(slot); }
    }

    void ping(Slot& slot) {
        slot.intended = now();
        slot.pings_under_way = options_.depth;
        static_cast<void>(put(slot, pings_));
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

    void lost(Slot& slot, std::string why) {
        if (slot.phase == Slot::Phase::online) { --online_; }
        fail(slot, std::move(why));
    }

    void fail(Slot& slot, std::string why) {
        if (is_counting_ || options_.work == Work::hold) { ++result_.failures[std::move(why)]; }
        if (options_.work == Work::hold && slot.phase != Slot::Phase::online && busy_ > 0) { --busy_; }
        hang_up(slot);
        if (options_.work != Work::hold) { rest(slot); }
    }

    void rest(Slot& slot) { idle_.push_back(&slot); }

    void hang_up(Slot& slot) {
        if (slot.socket < 0) { return; }
        slot.tls.reset();
        ::close(std::exchange(slot.socket, -1));
        slot.phase = Slot::Phase::idle;
    }

    // Looks now and then for answers that never came.
    void sweep(Duration time) {
        if (time - swept_ < k_sweep) { return; }
        swept_ = time;
        for (Slot& slot : slots_) {
            bool const waits = slot.phase != Slot::Phase::idle && slot.phase != Slot::Phase::online;
            if (waits && time - slot.intended > k_patience) { fail(slot, "no answer in 15 s"); }
        }
    }

    FloodOptions const& options_;
    std::vector<Login> const& logins_;
    std::function<void(Instant)> const& at_;
    int epoll_;
    sockaddr_in target_{};
    Bytes pings_;
    std::vector<Slot> slots_;
    std::vector<Slot*> idle_;
    std::size_t idle_from_ = 0;  // slots from here on were never used
    std::uint64_t started_ = 0;
    std::size_t busy_ = 0;
    std::size_t online_ = 0;
    Duration start_{};
    Duration end_{};
    Duration next_due_{};
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
