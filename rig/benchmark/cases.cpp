#include "rig/benchmark/cases.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace drydock::rig {

namespace {

using load::Work;
using Link = AuthCase::Link;
using Tokens = AuthCase::Tokens;
using Trouble = AuthCase::Trouble;

struct MeasureRow {
    Measure measure;
    std::string_view name;
    std::string_view unit;
};

constexpr std::array k_measures{
    MeasureRow{Measure::rate, "rate", "/s"},
    MeasureRow{Measure::p99, "p99", "s"},
    MeasureRow{Measure::seconds, "seconds", "s"},
    MeasureRow{Measure::server_bytes, "server_bytes", "bytes"},
    MeasureRow{Measure::server_cpu, "server_cpu", "us"},
    MeasureRow{Measure::client_cpu_of_flood, "client_cpu_of_flood", ""},
};

MeasureRow const& row_of(Measure measure) { return *std::ranges::find(k_measures, measure, &MeasureRow::measure); }

std::vector<AuthCase> make_cases() {
    constexpr auto known = Tokens::known;
    constexpr auto none = Trouble::none;
    return {
        {"login", "connect, log in, close; as fast as answers come", Work::churn, Link::plain, known, 1, 0, none, true},
        {"half-rate", "the same at half that rate, evenly; latency from the intended start", Work::churn, Link::plain,
         known, 1, 0.5, none, false},
        {"unknown", "tokens nobody minted: each must hear status 9", Work::churn, Link::plain, Tokens::unknown, 1, 0,
         none, false},
        {"deleted", "tokens that were deleted: each must hear status 9", Work::churn, Link::plain, Tokens::deleted, 1,
         0, none, false},
        {"hold", "log in and stay: time until all are up, memory of each", Work::hold, Link::plain, known, 1, 0, none,
         true},
        {"hold-tls", "the same over TLS", Work::hold, Link::tls, known, 1, 0, none, false},
        {"messages", "pings on held connections, one under way on each", Work::messages, Link::plain, known, 1, 0, none,
         false},
        {"messages-16", "the same, 16 under way on each", Work::messages, Link::plain, known, 16, 0, none, false},
        {"tls", "TLS 1.3 full handshake, log in, close", Work::churn, Link::tls, known, 1, 0, none, false},
        {"tls-resumed", "TLS 1.3 resumed handshake, log in, close", Work::churn, Link::tls_resumed, known, 1, 0, none,
         false},
        {"storm", "kill -9, start, and all come back at one instant", Work::storm, Link::plain, known, 1, 0,
         Trouble::restart, false},
        {"storm-tls", "the same over TLS", Work::storm, Link::tls, known, 1, 0, Trouble::restart, false},
        {"minting", "half-rate while tokens are minted and claimed over the API", Work::churn, Link::plain, known, 1,
         0.5, Trouble::minting, false},
        {"revoke", "tokens deleted while 10,000 devices are online: each cut off, each told 9 when it comes back",
         Work::hold, Link::plain, known, 1, 0, Trouble::revoking, false},
        {"fleet", "client CPU of a login: a fleet of 'drydock fleet' beside the flood, the same frames", Work::hold,
         Link::plain, known, 1, 0, none, false, AuthCase::Load::fleet},
    };
}

}  // namespace

std::vector<AuthCase> const& auth_cases() {
    static std::vector<AuthCase> const cases = make_cases();
    return cases;
}

std::vector<AuthCase> cases_named(std::vector<std::string> const& names) {
    if (names.empty()) { return auth_cases(); }
    std::vector<AuthCase> found;
    for (std::string const& name : names) {
        auto const one = std::find_if(auth_cases().begin(), auth_cases().end(),
                                      [&name](AuthCase const& candidate) { return candidate.name == name; });
        if (one == auth_cases().end()) {
            std::string known;
            for (AuthCase const& each : auth_cases()) { known += (known.empty() ? "" : ", ") + std::string(each.name); }
            throw std::invalid_argument("no case is called '" + name + "': there are " + known);
        }
        found.push_back(*one);
    }
    return found;
}

std::string_view to_text(Measure measure) { return row_of(measure).name; }
std::string_view unit_of(Measure measure) { return row_of(measure).unit; }

std::optional<Measure> measure_from(std::string_view text) {
    auto const* const row = std::ranges::find(k_measures, text, &MeasureRow::name);
    return row == k_measures.end() ? std::nullopt : std::optional(row->measure);
}

bool is_more_better(Measure measure) { return measure == Measure::rate; }

std::vector<Measure> measures_of(AuthCase const& one) {
    if (one.load == AuthCase::Load::fleet) { return {Measure::client_cpu_of_flood}; }
    if (one.share_of_top > 0 || one.trouble == Trouble::revoking) { return {Measure::p99}; }
    if (one.work == Work::hold) { return {Measure::seconds, Measure::server_bytes}; }
    if (one.work == Work::storm) { return {Measure::seconds}; }
    return {Measure::rate, Measure::server_cpu};
}

}  // namespace drydock::rig
