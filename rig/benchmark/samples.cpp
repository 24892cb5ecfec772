#include "rig/benchmark/samples.h"

#include <algorithm>

namespace drydock::rig {

namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

double median(std::vector<double> values) {
    if (values.empty()) { return 0; }
    std::sort(values.begin(), values.end());
    std::size_t const half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double value_of(AuthRun const& run, Measure measure) {
    switch (measure) {
        case Measure::rate: return run.rate;
        case Measure::p99: return seconds(run.p99);
        case Measure::seconds: return run.seconds;
        case Measure::server_bytes: return run.server_bytes;
        case Measure::server_cpu: return run.server_cpu_us;
        case Measure::client_cpu_of_flood: return run.flood_cpu_us > 0 ? run.client_cpu_us / run.flood_cpu_us : 0;
    }
    return 0;
}

AuthResult const* find_result(AuthReport const& report, std::string_view name, std::string_view server,
                              std::uint64_t tokens) {
    for (AuthResult const& one : report.results) {
        if (one.name == name && one.server == server && (tokens == 0 || one.tokens == tokens)) { return &one; }
    }
    return nullptr;
}

std::vector<double> paired_ratios(AuthResult const& result, AuthResult const* of, Measure measure) {
    std::vector<double> ratios;
    if (of == nullptr || of == &result) { return ratios; }
    for (std::size_t i = 0; i < std::min(of->runs.size(), result.runs.size()); ++i) {
        double const below = value_of(of->runs[i], measure);
        if (below > 0) { ratios.push_back(value_of(result.runs[i], measure) / below); }
    }
    return ratios;
}

std::vector<Sampled> samples_of(AuthReport const& report) {
    std::vector<Sampled> all;
    for (AuthResult const& result : report.results) {
        if (result.server == "limit") { continue; }
        AuthResult const* const limit = find_result(report, result.name, "limit");
        for (Measure const measure : measures_of(cases_named({result.name}).front())) {
            Sampled sampled{result.name, result.server, result.tokens, measure, false, {}};
            // Memory is no matter of the minutes: bytes say more than a share.
            if (measure != Measure::server_bytes) { sampled.values = paired_ratios(result, limit, measure); }
            sampled.is_share = !sampled.values.empty();
            if (!sampled.is_share) {
                for (AuthRun const& run : result.runs) { sampled.values.push_back(value_of(run, measure)); }
            }
            all.push_back(std::move(sampled));
        }
    }
    return all;
}

}  // namespace drydock::rig
