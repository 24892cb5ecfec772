#include "rig/benchmark/auth.h"

#include "rig/bench/bench.h"
#include "rig/benchmark/contestants.h"
#include "rig/benchmark/measuring.h"
#include "rig/benchmark/process_facts.h"
#include "rig/benchmark/rate_search.h"
#include "rig/benchmark/samples.h"
#include "sim/fleet/words.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>

namespace drydock::rig {

namespace {

constexpr Duration k_top_lasts = std::chrono::milliseconds(1500);
// Of the search, beside each of its steps, which may be shorter.
constexpr Duration k_limit_lasts = std::chrono::milliseconds(1500);
constexpr std::ptrdiff_t k_recent_limits = 5;
constexpr double k_share_to_begin_with = 0.8;
constexpr double k_share_least = 0.01;

// Of one core: the generator has no more.
constexpr double k_busy_us_per_second = 950'000;

class Session {
public:
    explicit Session(AuthOptions const& options)
        : options_(options),
          cases_(cases_named(options.cases)),
          contestants_(options),
          measuring_(options, contestants_) {
        report_.machine = machine_text();
        report_.compiler = compiler_text();
        report_.commit = commit_text();
        report_.stocks = contestants_.stocks();
        report_.in_flight = std::min(options.in_flight, contestants_.devices());
        say("every device logs in for the first time");
        for (Contestant const& server : contestants_.all()) {
            if (server.daemon != nullptr) { measuring_.warm_up(server); }
        }
    }

    AuthReport run() {
        for (unsigned run = 0; run < options_.runs; ++run) {
            for (AuthCase const& one : cases_) { run_case(one, run); }
        }
        report_.was_interrupted = is_interrupted();
        return std::move(report_);
    }

    Capacity find(FindOptions const& find) {
        AuthOptions shorter = options_;
        shorter.lasts = std::min(k_limit_lasts, find.step_lasts);
        Measuring of_limit(shorter, contestants_);
        RateSearch search(k_share_to_begin_with, k_share_least);
        Capacity capacity;
        std::vector<double> limits;
        unsigned steps = 0;
        while (auto const share = search.next()) {
            // One second of the limit is a throw of the dice; a few say how fast the machine is in these minutes.
            do {
                double const limit = of_limit.run(AuthCase(), contestants_.limit(), 0).rate;
                if (is_interrupted()) { break; }
                limits.push_back(limit);
            } while (std::ssize(limits) < k_recent_limits);
            if (is_interrupted()) { break; }
            double const limit = median({limits.end() - k_recent_limits, limits.end()});
            if (limit <= 0) {
                throw InfrastructureError("the limit server answered nobody: is this machine overloaded?");
            }
            double const rate = *share * limit;
            AuthRun const run = measuring_.run_at(rate, find.step_lasts, contestants_.first_daemon());
            if (is_interrupted()) { break; }
            bool const is_late = run.late_p99 > k_late_max && run.late_p99 > find.p99_max / 2;
            bool const is_busy = run.client_cpu_us * run.rate > k_busy_us_per_second;
            bool const is_met = run.wrong + run.failed == 0 && run.p99 <= find.p99_max;
            if (!is_met) { capacity.is_generator_bound = is_late || is_busy; }
            ++steps;
            search.tell(is_met ? RateSearch::Outcome::met : RateSearch::Outcome::missed);
            say(std::to_string(static_cast<long>(rate)) + " logins/s, " + load::print_share(*share) +
                " of the limit: p99 " +
                std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(run.p99).count()) + " us, " +
                std::to_string(run.failed + run.wrong) + " failed: " + (is_met ? "met" : "missed"));
        }
        capacity.share = search.rate();
        capacity.share_low = search.low();
        capacity.share_high = search.high();
        capacity.limit = limits.empty() ? 0 : median(limits);
        capacity.steps = steps;
        capacity.was_interrupted = is_interrupted();
        return capacity;
    }

private:
    [[nodiscard]] bool is_interrupted() const {
        return options_.is_interrupted != nullptr && options_.is_interrupted->load();
    }
    void say(std::string const& text) const {
        if (options_.progress) { options_.progress(text); }
    }

    // In turn, and every other run the other way round: who comes first is nobody's advantage.
    void run_case(AuthCase const& one, unsigned run) {
        std::vector<Contestant> servers = contestants_.all();
        if (run % 2 == 1) { std::reverse(servers.begin(), servers.end()); }
        double const its_top = one.share_of_top > 0 ? top() : 0;
        for (Contestant const& server : servers) {
            if (!server.takes_part(one) || is_interrupted()) { continue; }
            say(std::string(one.name) + ": " + server.name +
                (options_.tokens.size() > 1 && server.tokens > 0 ? " with " + std::to_string(server.tokens) : "") +
                ", run " + std::to_string(run + 1) + " of " + std::to_string(options_.runs));
            AuthRun result = measuring_.run(one, server, its_top);
            // What an interrupt cut short is no figure.
            if (!is_interrupted()) { add(one, server, std::move(result)); }
        }
    }

    // What the first drydockd reaches: the median of what "login" measured so far, because one lucky run would set
    // the rate of all that follow; measured by a short run unless there was one.
    double top() {
        for (AuthResult const& result : report_.results) {
            if (result.name == "login" && result.tokens == contestants_.first_daemon().tokens) {
                std::vector<double> rates;
                for (AuthRun const& run : result.runs) { rates.push_back(run.rate); }
                return median(rates);
            }
        }
        if (short_top_ <= 0) {
            AuthOptions shorter = options_;
            shorter.lasts = k_top_lasts;
            say("the top rate, for a start");
            short_top_ = Measuring(shorter, contestants_).run(AuthCase(), contestants_.first_daemon(), 0).rate;
        }
        return short_top_;
    }

    void add(AuthCase const& one, Contestant const& server, AuthRun run) {
        auto const same = [&](AuthResult const& result) {
            return result.name == one.name && result.server == server.name && result.tokens == server.tokens;
        };
        auto found = std::find_if(report_.results.begin(), report_.results.end(), same);
        if (found == report_.results.end()) {
            report_.results.push_back({std::string(one.name), server.name, server.tokens, {}});
            found = std::prev(report_.results.end());
        }
        found->runs.push_back(std::move(run));
    }

    AuthOptions const& options_;
    std::vector<AuthCase> cases_;
    Contestants contestants_;
    Measuring measuring_;
    AuthReport report_;
    double short_top_ = 0;
};

void check(AuthOptions const& options) {
    if (options.tokens.empty() || std::find(options.tokens.begin(), options.tokens.end(), 0U) != options.tokens.end()) {
        throw std::invalid_argument("--tokens must be at least 1");
    }
    if (std::set<std::uint64_t>(options.tokens.begin(), options.tokens.end()).size() < options.tokens.size()) {
        throw std::invalid_argument("--tokens: two stores of one size cannot be told apart in the results");
    }
    static_cast<void>(cases_named(options.cases));
    for (std::string const& peer : options.peers) {
        if (std::find(peer_names().begin(), peer_names().end(), peer) == peer_names().end()) {
            throw std::invalid_argument("no peer is called '" + peer +
                                        "': mosquitto, mosquitto-password and aedes are");
        }
    }
}

}  // namespace

AuthReport run_auth(AuthOptions const& options) {
    check(options);
    return Session(options).run();
}

Capacity find_capacity(AuthOptions const& options, FindOptions const& find) {
    check(options);
    return Session(options).find(find);
}

bool has_failures(AuthReport const& report) {
    for (AuthResult const& result : report.results) {
        for (AuthRun const& run : result.runs) {
            if (run.wrong + run.failed > 0) { return true; }
        }
    }
    return false;
}

}  // namespace drydock::rig
