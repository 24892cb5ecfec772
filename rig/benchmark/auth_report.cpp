#include "rig/benchmark/auth_report.h"

#include "rig/benchmark/goals.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock::rig {

namespace {

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

constexpr Measure k_of_flood = Measure::client_cpu_of_flood;

template <class Of>
double median_of(AuthResult const& result, Of of) {
    std::vector<double> values;
    for (AuthRun const& run : result.runs) { values.push_back(of(run)); }
    return median(std::move(values));
}

std::string share(AuthReport const& report, AuthResult const& result, Measure measure) {
    auto const ratios = paired_ratios(result, find_result(report, result.name, "limit"), measure);
    if (ratios.empty() || result.server == "limit") { return "-"; }
    auto const [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    return fmt::format("{:.2f} ({:.2f}-{:.2f})", median(ratios), *least, *most);
}

std::string remarks(AuthResult const& result) {
    std::uint64_t failed = 0;
    std::uint64_t overflows = 0;
    std::string first;
    std::size_t late = 0;
    std::uint64_t minted = 0;
    std::uint64_t claimed = 0;
    std::size_t idle = 0;
    std::size_t full = 0;
    for (AuthRun const& run : result.runs) {
        failed += run.failed + run.wrong;
        overflows += run.listen_overflows;
        minted += run.minted;
        claimed += run.claimed;
        if (run.late_p99 > k_late_max) { ++late; }
        if (result.name == "minting" && run.minted == 0) { ++idle; }
        if (result.name == "tls-resumed" && run.resumed == 0) { ++full; }
        if (first.empty()) { first = run.wrong > 0 ? "wrong answers" : run.first_failure; }
    }
    std::string out;
    if (failed > 0) { out += fmt::format("  {} FAILED: {}", failed, first); }
    if (overflows > 0) { out += fmt::format("  {} listen overflows", overflows); }
    if (late > 0) {
        out += fmt::format("  {} of {} runs inconclusive: the generator was late", late, result.runs.size());
    }
    if (idle > 0) {
        out += fmt::format("  {} of {} runs inconclusive: nothing was minted, or not to the end", idle,
                           result.runs.size());
    }
    if (full > 0) { out += fmt::format("  {} of {} runs inconclusive: nothing was resumed", full, result.runs.size()); }
    if (minted + claimed > 0) { out += fmt::format("  {} minted, {} claimed", minted, claimed); }
    double const bytes = median_of(result, [](AuthRun const& run) { return run.server_bytes; });
    if (bytes > 0) {
        out += fmt::format("  {:.0f} B each (flood {:.0f} B)", bytes,
                           median_of(result, [](AuthRun const& run) { return run.client_bytes; }));
    }
    double const longest = median_of(result, [](AuthRun const& run) { return milliseconds(run.longest); });
    if (longest > 0) {
        out += fmt::format("  the longest {:.2f} ms; {:.2f} ms from the due time, p99", longest,
                           median_of(result, [](AuthRun const& run) { return milliseconds(run.since_due_p99); }));
    }
    double const share = median_of(result, [](AuthRun const& run) { return value_of(run, k_of_flood); });
    if (share > 0) { out += fmt::format("  client CPU {:.2f} of the flood's", share); }
    double const seconds = median_of(result, [](AuthRun const& run) { return run.seconds; });
    if (seconds > 0) { out += fmt::format("  all up after {:.2f} s", seconds); }
    return out;
}

std::string server_text(AuthReport const& report, AuthResult const& result) {
    if (report.stocks.size() < 2 || result.tokens == 0) { return result.server; }
    return fmt::format("{} {}", result.server, result.tokens);
}

std::string goals_text(AuthReport const& report) {
    std::string out;
    for (Goal const& goal : goals_of(report)) {
        out += fmt::format("  {:<8} {:<64} {:>9.2f} {:<2} (goal: at {} {:.2f})\n",
                           goal.is_reached() ? "reached" : "MISSED", goal.what, goal.measured, goal.unit,
                           goal.sense == Goal::Sense::at_least ? "least" : "most", goal.wanted);
    }
    return out.empty() ? out : "\nWhere this run stands:\n" + out;
}

}  // namespace

std::string auth_table(AuthReport const& report) {
    std::string out = fmt::format("\n{}\n{}, commit {}; {} connections at once\n", report.machine, report.compiler,
                                  report.commit, report.in_flight);
    for (AuthStock const& stock : report.stocks) {
        out += fmt::format("{} tokens: made durable in {:.1f} s, drydockd open after {:.2f} s\n", stock.tokens,
                           stock.fill_seconds, stock.start_seconds);
    }
    out += fmt::format("\n{:<12} {:<19} {:>4} {:>9} {:<17} {:>7} {:>8} {:<17} {:>7} {:>7}\n", "case", "server", "runs",
                       "per s", "of limit", "p50 ms", "p99 ms", "of limit", "srv us", "cli us");
    for (AuthResult const& result : report.results) {
        out += fmt::format("{:<12} {:<19} {:>4} {:>9.0f} {:<17} {:>7.2f} {:>8.2f} {:<17} {:>7.1f} {:>7.1f}{}\n",
                           result.name, server_text(report, result), result.runs.size(),
                           median_of(result, [](AuthRun const& run) { return run.rate; }),
                           share(report, result, Measure::rate),
                           median_of(result, [](AuthRun const& run) { return milliseconds(run.p50); }),
                           median_of(result, [](AuthRun const& run) { return milliseconds(run.p99); }),
                           share(report, result, Measure::p99),
                           median_of(result, [](AuthRun const& run) { return run.server_cpu_us; }),
                           median_of(result, [](AuthRun const& run) { return run.client_cpu_us; }), remarks(result));
    }
    out +=
        "\nMedians over the runs; 'of limit' is the median of paired runs with their least and greatest; CPU is per"
        " login or message.\n";
    return out + goals_text(report);
}

}  // namespace drydock::rig
