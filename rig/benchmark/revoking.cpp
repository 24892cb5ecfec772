#include "rig/benchmark/revoking.h"

#include "rig/bench/bench.h"
#include "server/base/real_loop.h"
#include "server/base/spawn.h"
#include "server/net/tcp.h"
#include "sim/phone/person.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace drydock::rig {

namespace {

namespace json = boost::json;

constexpr std::size_t k_logins_at_once = 64;
constexpr unsigned k_source_addresses = 16;
// So long a device may stay connected after the last answer, or a login wait for its own.
constexpr Duration k_patience = std::chrono::seconds(5);
constexpr Duration k_login_patience = std::chrono::seconds(60);
constexpr Duration k_look_every = std::chrono::milliseconds(100);
constexpr std::size_t k_answer_bytes_max = 8;

class Revoking;

struct Visitor {
    enum class Phase { away, logging_in, online, cut, trying_again, settled };

    void on_readable();

    Revoking& all;
    load::Login const* login;
    Revocable const* revocable = nullptr;  // none: a bystander
    StreamPtr stream{};
    std::array<std::byte, k_answer_bytes_max> heard{};
    std::size_t heard_size = 0;
    Phase phase = Phase::away;
    bool is_asked = false;  // its deletion was
    TimePoint due{};        // its deletion was
    TimePoint answered{};   // its deletion was; zero: not yet
    std::string printed{};
};

class Revoking {
public:
    Revoking(RevokeOptions const& options, std::function<void(load::Instant)> const& at)
        : options_(options),
          at_(at),
          network_(real_),
          maker_(real_.loop(), network_, options.target, nullptr, ""),
          gap_(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / options.rate))) {
        network_.spread_sources(k_source_addresses);
        for (Revocable const& one : options_.revoked) { visitors_.push_back({*this, &one.login, &one}); }
        for (load::Login const& one : options_.bystanders) { visitors_.push_back({*this, &one}); }
    }

    Revoked run() {
        spawn(real_.loop().executor, "revoking maker", prepare());
        run_until([this] { return is_prepared_; }, k_login_patience, "the maker did not get ready");
        for (std::size_t i = 0; i < k_logins_at_once; ++i) { log_in_next(); }
        run_until([this] { return online_ == visitors_.size(); }, k_login_patience, "not every device came online");
        at_(load::Instant::counting_begins);
        begun_ = now();
        delete_due();
        run_until([this] { return settled_ == options_.revoked.size(); }, patience(), {});
        result_.elapsed = now() - begun_;
        at_(load::Instant::counting_ends);
        for (std::size_t i = 0; i < options_.revoked.size(); ++i) { judge_end(visitors_[i]); }
        result_.held = online_;
        return {std::move(result_), std::move(since_due_)};
    }

    void on_readable(Visitor& visitor) {
        std::array<std::byte, 256> chunk;
        auto const got = visitor.stream->read_some(chunk);
        if (!got && !is_would_block(got.error())) { return on_closed(visitor); }
        if (got) { take(visitor, BytesView(chunk).first(*got)); }
        if (visitor.stream) { visitor.stream->wait_readable(on_ready<&Visitor::on_readable>(visitor)); }
    }

private:
    using Phase = Visitor::Phase;

    [[nodiscard]] TimePoint now() { return real_.loop().clock.now(); }
    [[nodiscard]] Duration patience() const {
        return gap_ * static_cast<std::int64_t>(options_.revoked.size()) + k_patience;
    }
    [[nodiscard]] bool is_over() const {
        return !broken_.empty() || (options_.is_interrupted != nullptr && options_.is_interrupted->load());
    }

    // Without words for it, who waits too long is judged by the caller.
    template <class Done>
    void run_until(Done done, Duration at_most, std::string const& otherwise) {
        TimePoint const end = now() + at_most;
        look_later();
        while (!done() && !is_over() && now() < end) { real_.reactor().run_one(); }
        if (!broken_.empty()) { throw InfrastructureError(broken_); }
        if (!done() && !is_over() && !otherwise.empty()) { throw InfrastructureError(otherwise); }
    }

    // So that a silent server cannot keep the loop asleep.
    void look_later() {
        Clock& clock = real_.loop().clock;
        clock.cancel(look_);
        look_ = clock.call_at(clock.now() + k_look_every, [this] { look_later(); });
    }

    boost::asio::awaitable<void> prepare() {
        auto const signed_in = co_await maker_.sign_in(options_.email, options_.password);
        if (!signed_in || signed_in->status != 201) { co_return give_up("the maker cannot sign in", signed_in); }
        for (std::size_t i = 0; i < options_.revoked.size(); ++i) {
            std::string path = path_of(visitors_[i]);
            auto const seen = co_await maker_.call("GET", std::move(path));
            if (!seen || seen->status != 200) { co_return give_up("a token cannot be looked at", seen); }
            visitors_[i].printed = seen->json.at("printed").as_string().c_str();
        }
        is_prepared_ = true;
    }

    void give_up(std::string const& what, Result const& answer) {
        broken_ = what + ": " + (answer ? answer->body : answer.error().message());
    }

    [[nodiscard]] static std::string path_of(Visitor const& visitor) {
        return "/api/v1/tokens/" + std::to_string(visitor.revocable->token.value);
    }

    // --- devices
    void log_in_next() {
        if (next_login_ == visitors_.size()) { return; }
        dial(visitors_[next_login_++], Phase::logging_in);
    }

    void dial(Visitor& visitor, Phase phase) {
        visitor.phase = phase;
        visitor.heard_size = 0;
        network_.connect(options_.target, [this, &visitor](result<StreamPtr> connected) {
            if (!connected) { return fail(visitor, "connect: " + connected.error().message()); }
            visitor.stream = std::move(*connected);
            auto const put = visitor.stream->write_some(visitor.login->frame);
            if (!put || *put < visitor.login->frame.size()) { return fail(visitor, "a login was not taken"); }
            visitor.stream->wait_readable(on_ready<&Visitor::on_readable>(visitor));
        });
    }

    void take(Visitor& visitor, BytesView bytes) {
        if (visitor.phase != Phase::logging_in && visitor.phase != Phase::trying_again) { return; }
        Bytes const& right = visitor.login->right_answer;
        std::size_t const count = std::min(bytes.size(), right.size() - visitor.heard_size);
        std::copy_n(bytes.begin(), count, visitor.heard.begin() + static_cast<std::ptrdiff_t>(visitor.heard_size));
        visitor.heard_size += count;
        if (visitor.heard_size < right.size()) { return; }
        bool const is_right = std::equal(right.begin(), right.end(), visitor.heard.begin());
        if (visitor.phase == Phase::trying_again) {
            ++(is_right ? result_.done : result_.wrong);
            return settle(visitor);
        }
        if (!is_right) {
            broken_ = "a device with a live token was not let in";
            return;
        }
        visitor.phase = Phase::online;
        ++online_;
        log_in_next();
    }

    void on_closed(Visitor& visitor) {
        hang_up(visitor);
        if (visitor.phase == Phase::logging_in) {
            broken_ = "a device was closed before the answer to its login";
        } else if (visitor.phase == Phase::trying_again) {
            fail(visitor, "closed before it heard status 9");
        } else if (visitor.phase == Phase::online && !visitor.is_asked) {
            fail(visitor, "closed, and its token lives");
        } else if (visitor.phase == Phase::online) {
            --online_;
            visitor.phase = Phase::cut;
            since_due_.record(now() - visitor.due);
            if (visitor.answered != TimePoint{}) { try_again(visitor, now() - visitor.answered); }
        }
    }

    static void hang_up(Visitor& visitor) {
        visitor.stream->close();
        visitor.stream.reset();
    }

    void settle(Visitor& visitor) {
        if (visitor.stream) { hang_up(visitor); }
        if (visitor.phase == Phase::online) { --online_; }
        if (std::exchange(visitor.phase, Phase::settled) != Phase::settled && visitor.revocable != nullptr) {
            ++settled_;
        }
    }

    void fail(Visitor& visitor, std::string what) {
        if (visitor.phase == Phase::logging_in) {
            broken_ = std::move(what);
            return;
        }
        ++result_.failures[std::move(what)];
        settle(visitor);
    }

    // --- deletions: each begins at its due time, whatever became of those before it
    void delete_due() {
        while (next_deletion_ < options_.revoked.size()) {
            TimePoint const due = begun_ + gap_ * static_cast<std::int64_t>(next_deletion_);
            if (due > now()) {
                real_.loop().clock.call_at(due, [this] { delete_due(); });
                return;
            }
            result_.late.record(now() - due);
            Visitor& visitor = visitors_[next_deletion_++];
            visitor.due = due;
            spawn(real_.loop().executor, "revoking", remove(visitor));
        }
    }

    boost::asio::awaitable<void> remove(Visitor& visitor) {
        visitor.is_asked = true;
        json::value const body{{"confirm", visitor.printed}, {"claimed_included", true}};
        std::string path = path_of(visitor);
        auto const answer = co_await maker_.call("DELETE", std::move(path), body);
        if (visitor.phase == Phase::settled) { co_return; }
        if (!answer || answer->status != 204) {
            std::string const why = answer ? answer->body : answer.error().message();
            fail(visitor, "a deletion was refused: " + why);
            co_return;
        }
        visitor.answered = now();
        if (visitor.phase == Phase::cut) { try_again(visitor, Duration::zero()); }
    }

    void try_again(Visitor& visitor, Duration cut_after) {
        result_.latency.record(cut_after);
        visitor.login = &visitor.revocable->refused;
        dial(visitor, Phase::trying_again);
    }

    void judge_end(Visitor& visitor) {
        if (visitor.phase == Phase::settled || is_over()) { return; }
        bool const is_kept = visitor.phase == Phase::online && visitor.answered != TimePoint{};
        ++result_.failures[is_kept ? "still connected after its token was deleted" : "no answer within 5 s"];
    }

    RevokeOptions const& options_;
    std::function<void(load::Instant)> const& at_;
    RealLoop real_;
    TcpNetwork network_;
    Person maker_;
    Duration gap_;
    std::deque<Visitor> visitors_;  // those whose tokens are deleted come first
    std::size_t next_login_ = 0;
    std::size_t online_ = 0;
    std::size_t next_deletion_ = 0;
    std::size_t settled_ = 0;
    TimePoint begun_{};
    Clock::TimerId look_ = 0;
    bool is_prepared_ = false;
    std::string broken_;  // why nothing can be measured
    load::FloodResult result_;
    load::Histogram since_due_;
};

void Visitor::on_readable() { all.on_readable(*this); }

}  // namespace

Revoked revoke(RevokeOptions const& options, std::function<void(load::Instant)> const& at) {
    return Revoking(options, at).run();
}

}  // namespace drydock::rig
