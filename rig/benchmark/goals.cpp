#include "rig/benchmark/goals.h"

#include "rig/benchmark/samples.h"

#include <algorithm>

namespace drydock::rig {

namespace {

using Sense = Goal::Sense;

constexpr std::uint64_t k_million = 1'000'000;

struct RatioGoal {
    char const* what;
    char const* name;
    char const* of;  // server; the case is the same
    Measure measure;
    Sense sense;
    double wanted;
};

constexpr RatioGoal k_ratios[] = {
    {"plain login, of the limit", "login", "limit", Measure::rate, Sense::at_least, 0.95},
    {"plain login, of Mosquitto open to everyone", "login", "mosquitto", Measure::rate, Sense::at_least, 1.1},
    {"plain login, of Mosquitto with passwords", "login", "mosquitto-password", Measure::rate, Sense::at_least, 2.5},
    {"plain login, of aedes", "login", "aedes", Measure::rate, Sense::at_least, 7},
    {"server CPU of a login, of the limit", "login", "limit", Measure::server_cpu, Sense::at_most, 1.10},
    {"p99 at half the top rate, of the limit", "half-rate", "limit", Measure::p99, Sense::at_most, 1.3},
    {"messages, one under way, of the limit", "messages", "limit", Measure::rate, Sense::at_least, 0.95},
    {"messages, 16 under way, of the limit", "messages-16", "limit", Measure::rate, Sense::at_least, 0.9},
    {"TLS 1.3 full, of untuned OpenSSL", "tls", "limit", Measure::rate, Sense::at_least, 1.0},
};

std::vector<double> values_of(AuthResult const& result, Measure measure) {
    std::vector<double> values;
    for (AuthRun const& run : result.runs) { values.push_back(value_of(run, measure)); }
    return values;
}

// A run in which it was not says nothing of the goal.
bool was_always(AuthResult const& result, std::uint64_t AuthRun::*count) {
    return std::all_of(result.runs.begin(), result.runs.end(), [count](AuthRun const& run) { return run.*count > 0; });
}

class Goals {
public:
    explicit Goals(AuthReport const& report) : report_(report) {}

    std::vector<Goal> all() {
        for (RatioGoal const& goal : k_ratios) { add_ratio(goal); }
        add_resumed();
        add_value("server bytes of an idle device", "hold", Measure::server_bytes, 768, "B");
        add_value("server bytes of an idle device over TLS", "hold-tls", Measure::server_bytes, 16.5 * 1024, "B");
        add_value("storm: all online after", "storm", Measure::seconds, 1.5, "s");
        add_storm_tls();
        add_value("client CPU of a login, of the flood", "fleet", Measure::client_cpu_of_flood, 1.15, "x");
        add_stores();
        add_minting();
        add_revoking();
        add_lateness();
        return std::move(goals_);
    }

private:
    // Of the largest store: the harder one.
    [[nodiscard]] AuthResult const* ours(std::string_view name) const {
        AuthResult const* found = nullptr;
        for (AuthResult const& one : report_.results) {
            if (one.name == name && one.server == "drydockd" && (found == nullptr || one.tokens > found->tokens)) {
                found = &one;
            }
        }
        return found;
    }

    void add_ratio(RatioGoal const& goal) {
        AuthResult const* const result = ours(goal.name);
        if (result == nullptr) { return; }
        auto const ratios = paired_ratios(*result, find_result(report_, goal.name, goal.of), goal.measure);
        if (ratios.empty()) { return; }
        goals_.push_back({goal.what, median(ratios), goal.sense, goal.wanted, "x"});
    }

    void add_resumed() {
        AuthResult const* const resumed = ours("tls-resumed");
        if (resumed == nullptr || !was_always(*resumed, &AuthRun::resumed)) { return; }
        auto const ratios = paired_ratios(*resumed, ours("tls"), Measure::rate);
        if (!ratios.empty()) {
            goals_.push_back({"TLS 1.3 resumed, of full", median(ratios), Sense::at_least, 1.7, "x"});
        }
    }

    void add_value(char const* what, char const* name, Measure measure, double wanted, char const* unit) {
        AuthResult const* const result = ours(name);
        if (result == nullptr) { return; }
        goals_.push_back({what, median(values_of(*result, measure)), Sense::at_most, wanted, unit});
    }

    void add_storm_tls() {
        AuthResult const* const storm = ours("storm-tls");
        AuthResult const* const full = ours("tls");
        if (storm != nullptr && full != nullptr) {
            std::vector<double> ratios;
            for (std::size_t i = 0; i < std::min(storm->runs.size(), full->runs.size()); ++i) {
                AuthRun const& run = storm->runs[i];
                ratios.push_back(run.seconds * full->runs[i].rate / std::max(1.0, run.rate * run.seconds));
            }
            goals_.push_back({"storm over TLS, of its devices / TLS rate", median(ratios), Sense::at_most, 1.2, "x"});
        }
        for (char const* name : {"storm", "storm-tls"}) {
            AuthResult const* const result = ours(name);
            if (result == nullptr) { continue; }
            double lost = 0;
            for (AuthRun const& run : result->runs) {
                lost += static_cast<double>(run.failed + run.wrong + run.listen_overflows);
            }
            goals_.push_back({std::string(name) + ": failures and listen overflows", lost, Sense::at_most, 0, ""});
        }
    }

    void add_stores() {
        for (AuthStock const& stock : report_.stocks) {
            if (stock.tokens < k_million) { continue; }
            goals_.push_back({"a million tokens made durable", stock.fill_seconds, Sense::at_most, 15, "s"});
            goals_.push_back({"start with a million tokens", stock.start_seconds, Sense::at_most, 1, "s"});
        }
        AuthResult const* const largest = ours("login");
        if (largest == nullptr) { return; }
        for (AuthResult const& one : report_.results) {
            if (one.name != "login" || one.server != "drydockd" || one.tokens == largest->tokens) { continue; }
            auto const ratios = paired_ratios(*largest, &one, Measure::rate);
            goals_.push_back({"logins with " + std::to_string(largest->tokens) + " tokens, of those with " +
                                  std::to_string(one.tokens),
                              median(ratios), Sense::at_least, 0.97, "x"});
        }
    }

    // At most three times the same rate without, or 20 ms.
    void add_minting() {
        AuthResult const* const minting = ours("minting");
        AuthResult const* const quiet = ours("half-rate");
        if (minting == nullptr) { return; }
        // Minting has what the others leave, and in some runs that is nothing: these say nothing.
        AuthResult beside = *minting;
        std::erase_if(beside.runs, [](AuthRun const& run) { return run.minted == 0; });
        if (beside.runs.size() * 2 <= minting->runs.size()) { return; }
        double const p99 = median(values_of(beside, Measure::p99)) * 1e3;
        double const alone = quiet == nullptr ? 0 : median(values_of(*quiet, Measure::p99)) * 1e3;
        goals_.push_back(
            {"p99 while tokens are minted and claimed", p99, Sense::at_most, std::max(20.0, 3 * alone), "ms"});
    }

    void add_revoking() {
        AuthResult const* const result = ours("revoke");
        if (result == nullptr) { return; }
        double const p99 = median(values_of(*result, Measure::p99)) * 1e3;
        goals_.push_back({"deletion answered until the device is cut off, p99", p99, Sense::at_most, 20, "ms"});
    }

    void add_lateness() {
        double late = 0;
        bool is_open = false;
        for (AuthResult const& result : report_.results) {
            if (result.name != "half-rate" && result.name != "revoke") { continue; }
            is_open = true;
            for (AuthRun const& run : result.runs) {
                late = std::max(late, std::chrono::duration<double, std::milli>(run.late_p99).count());
            }
        }
        if (is_open) {
            goals_.push_back({"the generator late in open loop, worst p99", late, Sense::at_most, 1, "ms"});
        }
    }

    AuthReport const& report_;
    std::vector<Goal> goals_;
};

}  // namespace

std::vector<Goal> goals_of(AuthReport const& report) { return Goals(report).all(); }

}  // namespace drydock::rig
