// The worker process: a fleet on real sockets that obeys its parent's lines. All times in messages are
// nanoseconds since the beginning of the run, which the parent says once, as an instant of CLOCK_MONOTONIC.
#include "rig/load/line_channel.h"
#include "rig/load/load_run.h"
#include "rig/load/shared_time.h"
#include "server/base/niceness.h"
#include "server/base/real_loop.h"
#include "server/net/tcp.h"

#include <boost/json.hpp>

#include <algorithm>
#include <csignal>
#include <map>
#include <optional>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

namespace json = boost::json;

constexpr Duration k_tick = std::chrono::seconds(1);
constexpr double k_cores_over_least = 0.5;  // seconds
constexpr std::size_t k_events_max = 20'000;
constexpr int k_infrastructure = 6;
constexpr int k_niceness = -10;
constexpr unsigned k_source_addresses = 16;

double own_cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void allow_all_files() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

std::string text_at(json::object const& from, std::string_view name) { return std::string(from.at(name).as_string()); }

Address address_at(json::object const& from, std::string_view name) {
    json::array const& pair = from.at(name).as_array();
    return {std::string(pair.at(0).as_string()), pair.at(1).to_number<std::uint16_t>()};
}

load::Wanted wanted_from(std::string const& word) {
    if (word == "unclaimed") { return load::Wanted::online_unclaimed; }
    return word == "claimed" ? load::Wanted::online_claimed : load::Wanted::online;
}

class Worker final : public load::Operator {
public:
    Worker() : network_(real_), events_(real_.loop().clock), channel_(real_.loop(), ::dup(0), ::dup(1)) {}

    int run() {
        channel_.start([this](json::object message) { obey(message); }, [this] { is_over_ = true; });
        while (!is_over_) { real_.reactor().run_one(); }
        return code_;
    }

    // Only the parent can do it, once for all workers; `then` hears what came of it.
    void perform(load::Fleet&, load::Happening const& what, std::function<void(std::string)> then) override {
        std::size_t const number = number_of(what);
        asked_[number] = std::move(then);
        channel_.send(json::object{{"say", "asked"}, {"number", number}});
    }

private:
    // Its index in the plan: two may have the same time and text. The fleet comes to them in the plan's order.
    std::size_t number_of(load::Happening const& what) {
        auto const first = plan_.happenings.begin() + static_cast<std::ptrdiff_t>(not_asked_);
        auto const found = std::find_if(first, plan_.happenings.end(), [&](load::Happening const& one) {
            return one.at == what.at && one.text == what.text;
        });
        auto const number = static_cast<std::size_t>(found - plan_.happenings.begin());
        not_asked_ = std::min(number + 1, plan_.happenings.size());
        return number;
    }

    void obey(json::object const& message) {
        std::string const what = text_at(message, "do");
        if (what == "set up") {
            try {
                set_up(message);
                say("ready");
            } catch (std::exception const& e) { give_up(e.what()); }
        } else if (what == "begin") {
            begin(from_shared(real_.loop().clock, Duration(message.at("at").to_number<Duration::rep>())));
        } else if (fleet_) {
            obey_running(what, message);
        }
    }

    void obey_running(std::string const& what, json::object const& message) {
        auto const number = [&](std::string_view name) { return message.at(name).to_number<std::uint64_t>(); };
        auto const time = [&](std::string_view name) { return Duration(message.at(name).to_number<Duration::rep>()); };
        if (what == "pick") {
            json::object out{{"say", "picked"}, {"id", number("id")}};
            out["devices"] = json::value_from(fleet_->pick(wanted_from(text_at(message, "wanted")), number("count")));
            channel_.send(out);
        } else if (what == "claimed") {
            fleet_->was_claimed(number("device"), time("took"), message.at("right").as_bool());
        } else if (what == "claim failed") {
            fleet_->claim_failed(number("device"));
        } else if (what == "unclaimed") {
            fleet_->was_unclaimed(number("device"));
        } else if (what == "deleted") {
            fleet_->was_deleted(number("device"), begin_ + time("answered"));
        } else if (what == "away") {
            fleet_->server_is_away(message.at("is").as_bool());
            channel_.send(json::object{{"say", "known"}, {"id", number("id")}});
        } else if (what == "release") {
            fleet_->release(json::value_to<std::vector<std::uint64_t>>(message.at("devices")));
        } else if (what == "performed") {
            answer(number("number"), text_at(message, "outcome"));
        } else if (what == "stop") {
            fleet_->stop();
            finish();
        }
    }

    void set_up(json::object const& message) {
        PlanText text;
        text.file = text_at(message, "file");
        text.scenario = text_at(message, "scenario");
        text.seed = message.at("seed").to_number<std::uint64_t>();
        text.is_all_tls = message.at("all_tls").as_bool();
        plan_ = plan_of(text);
        load::FleetOptions options;
        options.target = address_at(message, "plain");
        options.tls_target = address_at(message, "secure");
        options.tls_host = text_at(message, "tls_host");
        std::string const authority = text_at(message, "authority");
        if (!authority.empty()) { options.tls = TlsContext::client(authority, TlsContext::Verify::yes); }
        json::array const& shard = message.at("shard").as_array();
        options.shard = {shard.at(0).to_number<std::uint64_t>(), shard.at(1).to_number<std::uint64_t>()};
        bool const is_here = options.target.host.starts_with("127.") || options.target.host == "localhost";
        options.source_addresses = is_here ? k_source_addresses : 1;
        json::array const& tokens = message.at("tokens").as_array();
        options.tokens.reserve(tokens.size());
        for (auto const& token : tokens) {
            load::TokenText one{};
            if (token.as_string().size() != one.size()) { throw std::invalid_argument("a token has another size"); }
            std::copy(token.as_string().begin(), token.as_string().end(), one.begin());
            options.tokens.push_back(one);
        }
        fleet_ = std::make_unique<load::Fleet>(real_.loop(), network_, events_, plan_, std::move(options), *this);
    }

    void begin(TimePoint at) {
        begin_ = at;
        cpu_ = own_cpu_seconds();
        ticked_ = begin_;
        fleet_->start(begin_, [this] { finish(); });
        tick_later();
    }

    void tick_later() {
        ++tick_;
        auto const due = begin_ + k_tick * static_cast<int>(tick_);
        timer_ = real_.loop().clock.call_at(due, [this] {
            tell();
            tick_later();
        });
    }

    void tell() {
        TimePoint const now = real_.loop().clock.now();
        load::FleetSnapshot const fleet = fleet_->snapshot();
        double const cpu = own_cpu_seconds();
        double const elapsed = std::chrono::duration<double>(now - ticked_).count();
        json::object out{{"say", "tick"}, {"number", tick_}};
        out["at"] = (now - begin_).count();
        out["arrived"] = fleet.arrived;
        out["expected"] = fleet.expected;
        out["online"] = fleet.online;
        out["repeated_connects"] = network_.repeated_connects();
        out["errors"] = json::value_from(fleet.errors);
        // The kernel counts in steps: over a moment they say nothing.
        if (elapsed >= k_cores_over_least) { out["cores"] = (cpu - cpu_) / elapsed; }
        out["summary"] = fleet_->summary().to_text();
        fleet_->summary().reset();
        cpu_ = cpu;
        ticked_ = now;
        channel_.send(out);
    }

    void finish() {
        if (is_finished_) { return; }
        is_finished_ = true;
        real_.loop().clock.cancel(timer_);
        tell();
        std::size_t told = 0;
        for (Event const& event : events_.events()) {
            if (++told > k_events_max) { break; }
            json::object out{{"say", "event"}, {"at", (event.at - begin_).count()}};
            out["subject"] = event.subject;
            out["kind"] = event.kind;
            out["fields"] = json::value_from(event.fields);
            channel_.send(out);
        }
        say("finished");
    }

    void answer(std::size_t number, std::string outcome) {
        auto const asked = asked_.extract(number);
        if (!asked.empty()) { asked.mapped()(std::move(outcome)); }
    }

    void say(std::string_view what) { channel_.send(json::object{{"say", what}}); }

    void give_up(std::string_view why) {
        code_ = k_infrastructure;
        channel_.send(json::object{{"say", "failed"}, {"why", why}});
    }

    RealLoop real_;
    TcpNetwork network_;
    EventLog events_;
    load::LoadPlan plan_;
    LineChannel channel_;
    std::unique_ptr<load::Fleet> fleet_;
    std::map<std::size_t, std::function<void(std::string)>> asked_;
    std::size_t not_asked_ = 0;  // the first happening that may come next
    TimePoint begin_{};
    TimePoint ticked_{};
    double cpu_ = 0;
    std::uint64_t tick_ = 0;
    Clock::TimerId timer_ = 0;
    bool is_finished_ = false;
    bool is_over_ = false;
    int code_ = 0;
};

}  // namespace

int run_load_worker() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent hears them, too, and says when to stop.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    // Where it is allowed: who measures must not wait for who is measured.
    be_nicer_by(k_niceness);
    allow_all_files();
    return Worker().run();
}

}  // namespace drydock::rig
