// The results of `drydock benchmark auth` for people and for programs.
#include "rig/benchmark/auth.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace drydock::rig {

namespace {

template <class Of>
double median(std::vector<AuthRun> const& runs, Of of) {
    std::vector<double> values;
    values.reserve(runs.size());
    for (AuthRun const& run : runs) { values.push_back(of(run)); }
    if (values.empty()) { return 0; }
    std::sort(values.begin(), values.end());
    std::size_t const half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

AuthResult const* find(AuthReport const& report, std::string const& name, std::string_view server) {
    for (AuthResult const& one : report.results) {
        if (one.name == name && one.server == server) { return &one; }
    }
    return nullptr;
}

// Pair by pair, in one run: what the machine did meanwhile happened to both.
std::string share(AuthReport const& report, AuthResult const& result) {
    AuthResult const* const limit = find(report, result.name, "limit");
    if (limit == nullptr || limit == &result) { return "-"; }
    std::vector<AuthRun> ratios;
    for (std::size_t i = 0; i < std::min(limit->runs.size(), result.runs.size()); ++i) {
        AuthRun ratio;
        ratio.rate = result.runs[i].rate / std::max(1.0, limit->runs[i].rate);
        ratios.push_back(ratio);
    }
    return fmt::format("{:.2f}", median(ratios, [](AuthRun const& run) { return run.rate; }));
}

}  // namespace

std::string auth_table(AuthReport const& report) {
    std::string out = fmt::format("\n{}\n{} tokens: made durable in {:.1f} s, drydockd open after {:.2f} s\n\n",
                                  report.machine, report.tokens, report.fill_seconds, report.start_seconds);
    out += fmt::format("{:<12} {:<10} {:>5} {:>10} {:>9} {:>9} {:>9} {:>11} {:>11} {:>8}\n", "case", "server", "runs",
                       "per second", "of limit", "p50 ms", "p99 ms", "server us", "client us", "failed");
    for (AuthResult const& result : report.results) {
        std::uint64_t failed = 0;
        std::string first;
        for (AuthRun const& run : result.runs) {
            failed += run.failed + run.wrong;
            if (first.empty()) { first = run.wrong > 0 ? "wrong answers" : run.first_failure; }
        }
        out += fmt::format("{:<12} {:<10} {:>5} {:>10.0f} {:>9} {:>9.2f} {:>9.2f} {:>11.1f} {:>11.1f} {:>8}{}\n",
                           result.name, result.server, result.runs.size(),
                           median(result.runs, [](AuthRun const& run) { return run.rate; }), share(report, result),
                           median(result.runs, [](AuthRun const& run) { return milliseconds(run.p50); }),
                           median(result.runs, [](AuthRun const& run) { return milliseconds(run.p99); }),
                           median(result.runs, [](AuthRun const& run) { return run.server_cpu_us; }),
                           median(result.runs, [](AuthRun const& run) { return run.client_cpu_us; }), failed,
                           first.empty() ? "" : "  " + first);
    }
    out += "\nmedians; 'of limit' is the median of the ratios of paired runs; CPU is per login or message.\n";
    return out;
}

std::string auth_json(AuthReport const& report) {
    boost::json::object all;
    all["format"] = "drydock-benchmark-1";
    all["machine"] = report.machine;
    all["version"] = DRYDOCK_VERSION;
    all["tokens"] = report.tokens;
    all["fill_seconds"] = report.fill_seconds;
    all["start_seconds"] = report.start_seconds;
    boost::json::array results;
    for (AuthResult const& result : report.results) {
        boost::json::array runs;
        for (AuthRun const& run : result.runs) {
            boost::json::object one;
            one["rate"] = run.rate;
            one["p50_ms"] = milliseconds(run.p50);
            one["p99_ms"] = milliseconds(run.p99);
            one["server_cpu_us"] = run.server_cpu_us;
            one["client_cpu_us"] = run.client_cpu_us;
            one["wrong"] = run.wrong;
            one["failed"] = run.failed;
            one["late_p99_ms"] = milliseconds(run.late_p99);
            runs.push_back(std::move(one));
        }
        boost::json::object entry;
        entry["case"] = result.name;
        entry["server"] = result.server;
        entry["runs"] = std::move(runs);
        results.push_back(std::move(entry));
    }
    all["results"] = std::move(results);
    return boost::json::serialize(all);
}

}  // namespace drydock::rig
