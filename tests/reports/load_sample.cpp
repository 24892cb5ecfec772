#include "load_sample.h"

#include <algorithm>
#include <cmath>

namespace drydock::report::test {

namespace {

constexpr double k_arrive_s = 60;
constexpr double k_hold_s = 240;
constexpr double k_drain_s = 20;
constexpr double k_outage_s = 80;
constexpr double k_outage_end_s = 100;
constexpr double k_devices = 3000;
constexpr std::size_t k_columns = 26;

double wave(double at) { return std::sin(at * 0.7) + 0.5 * std::sin(at * 1.9 + 1); }

std::vector<double> bounds() {
    std::vector<double> out;
    for (std::size_t i = 0; i + 1 < k_columns; ++i) {
        out.push_back(std::round(100 * std::pow(10, static_cast<double>(i) / 5 - 0.4)) / 100);
    }
    return out;
}

std::uint64_t whole(double value) { return value <= 0 ? 0 : static_cast<std::uint64_t>(std::llround(value)); }

// Logins spread over the columns like a bell around the median.
std::vector<std::uint64_t> heat_of(std::vector<double> const& columns, double median_ms, double spread, double logins) {
    std::vector<std::uint64_t> heat(columns.size() + 1);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        double const away = std::log10(columns[i] / median_ms) / spread;
        heat[i] = whole(logins * std::exp(-away * away) * 0.25 / spread);
    }
    return heat;
}

LoadTick tick_of(double at, std::vector<double> const& columns) {
    LoadTick tick;
    tick.at_s = at;
    bool const arrives = at <= k_arrive_s;
    bool const is_out = at > k_outage_s && at <= k_outage_end_s;
    double const back = at > k_outage_end_s ? std::exp(-(at - k_outage_end_s) / 9) : 0;
    double const leaving = std::max(0.0, at - k_arrive_s - k_hold_s) / k_drain_s;
    double const expected = k_devices * std::min(1.0, at / k_arrive_s) * (1 - leaving);
    double const missing = is_out ? 0.4 * std::min(1.0, (at - k_outage_s) / 6) : 0.4 * back;
    double const logins = (arrives ? 50 : 0) + (back > 0.01 ? 1200 * back / 9 : 0) + (at < 300 ? 1.5 + wave(at) : 0);
    double const strain = 1 + logins / 60 + (is_out ? 2 : 0);
    tick.expected = whole(expected);
    tick.online = whole(std::max(0.0, expected * (1 - missing) - (arrives ? 40 + 8 * wave(at) : 2)));
    tick.arrived = arrives ? 50 : 0;
    tick.accepted = whole(std::max(0.0, logins));
    tick.connects = whole(std::max(0.0, logins * (1 + 0.9 * back) + (is_out ? 14 : 0)));
    tick.refused = at > 200 && at < 204 ? 3 : 0;
    tick.errors = whole(is_out ? 6 + 4 * wave(at) : 30 * back - 2);
    if (tick.accepted > 0) {
        tick.auth_p50_ms = std::round(10 * (130 + 12 * wave(at)) * std::sqrt(strain)) / 10;
        tick.auth_p99_ms = std::round(10 * (480 + 60 * wave(at * 2)) * strain) / 10;
    }
    double const median = 130 * std::sqrt(strain);
    tick.heat = heat_of(columns, median, 0.3 + 0.1 * strain, logins);
    tick.server_cpu = std::round(1000 * (0.02 + logins * 0.0021 + 0.01 * std::abs(wave(at)))) / 1000;
    tick.server_rss_mib = std::round(10 * (38 + expected * 0.0011 + at * 0.004)) / 10;
    tick.generator_cpu = std::round(1000 * (0.05 + logins * 0.0034)) / 1000;
    tick.generator_late_p99_ms = std::round(1000 * (0.08 + 0.02 * std::abs(wave(at)) + logins * 0.003)) / 1000;
    return tick;
}

LoadTimes times_of(std::uint64_t count, double p50, double p99) {
    return {count, p50, p50 * 2.25, p50 * 2.875, p99, p99 * 1.5, p99 * 2.25, "dh1:AAAAAACFR4kc"};
}

LoadRow row_of(std::string phase, std::string link, std::uint64_t logins, double p50, double p99) {
    LoadRow row;
    row.phase = std::move(phase);
    row.link = std::move(link);
    row.counts = {{"connect.started", logins + logins / 20},
                  {"auth.started", logins},
                  {"auth.accepted", logins - 3},
                  {"auth.refused", 3},
                  {"messages.sent", logins * 9}};
    if (row.phase == "hold") { row.counts.emplace_back("auth.refused_wrongly", 2); }
    row.times = {{"connect", times_of(logins, p50 / 3, p99 / 3)},
                 {"auth", times_of(logins, p50, p99)},
                 {"generator.late", times_of(logins * 10, 0.09, 0.31)}};
    if (row.phase == "hold") { row.times.emplace_back("reconnect", times_of(1196, 9400, 41000)); }
    row.gauges = {{"server.rss", {60, 2500000000, 39000000, 44000000}}, {"server.cpu", {60, 7800000, 20000, 330000}}};
    return row;
}

LoadRecord load_of(Verdict verdict, std::string const& name) {
    LoadRecord load;
    load.verdict = verdict;
    load.sentence =
        verdict == Verdict::pass           ? ""
        : verdict == Verdict::inconclusive ? "The generator was late by 8.3 ms at p99; at most 1 ms is allowed."
        : verdict == Verdict::non_strict   ? "1 of 6 thresholds was missed, which should hold: online.share."
                                           : "2 of 6 thresholds were missed: auth.refused_wrongly, online.share.";
    load.machine = "Linux 6.1.0 x86_64, 8 processors";
    load.devices = static_cast<std::uint64_t>(k_devices);
    load.workers = 3;
    load.began_ms = 1764150000000;
    load.phases = {{"arrive", 0, k_arrive_s, false},
                   {"hold", k_arrive_s, k_arrive_s + k_hold_s, true},
                   {"drain", k_arrive_s + k_hold_s, k_arrive_s + k_hold_s + k_drain_s, false}};
    load.rows = {row_of("arrive", "ethernet", 900, 46, 210), row_of("arrive", "lte-m", 2100, 171, 812),
                 row_of("hold", "ethernet", 60, 44, 190), row_of("hold", "lte-m", 1540, 205, 1930)};
    load.heat_bounds_ms = bounds();
    for (double at = 1; at <= k_arrive_s + k_hold_s + k_drain_s; ++at) {
        load.ticks.push_back(tick_of(at, load.heat_bounds_ms));
    }
    load.events = {{k_outage_s, "fault.on fleet.link cell_outage share 40% for 20s", ""},
                   {k_outage_end_s, "fault.off fleet.link cell_outage", ""},
                   {180, "fault.on fleet.link half_open share 10%: " + name, "done on 297 of 300 devices"}};
    bool const is_good = verdict == Verdict::pass;
    load.thresholds = {
        {"auth.refused_wrongly sum le 0", is_good ? "0 of 4600" : "2 of 4600", is_passed(verdict) ? "PASS" : "FAIL",
         false},
        {"reconnect.recovered share within 90s ge 99%", "99.7% of 1200", "PASS", false},
        {"auth.fail_ratio share le 2%", "0.3% of 4600", "PASS", false},
        {"auth.latency p99 le 5s", "1930 ms of 4600", "PASS", false},
        {"online.share share ge 95% in hold", is_good ? "97.4%" : "91.2%", is_good ? "PASS" : "FAIL", true},
        {"claim.wrong_org sum le 0", "nothing was measured", "NO DATA", true}};
    load.errors = {{"connection reset by peer", 214}, {"no answer to the login in time", 37}, {name, 2}};
    load.generator = {{"late p99", "0.31 ms"},
                      {"processor of this machine", "71 % busy"},
                      {"listen overflows", "0"},
                      {"segments sent again", "12"}};
    load.memory_slope_kib_per_min = 240.5;
    return load;
}

}  // namespace

RunRecord load_sample(Verdict verdict, std::string const& name) {
    RunRecord run;
    run.version = "0.1.0";
    run.started = "2026-01-05T08:00:00Z";
    run.command = "drydock run scenarios/load/cell-outage.scenario.yaml --bench loopback";
    run.system = "Linux 6.1.0 x86_64";
    run.compiler = "C++ 12.2.0";
    run.seed = 452;
    run.wall_ms = 322000;
    CaseRecord one;
    one.id = "load.cell-outage";
    one.title = "Two in five devices lose their cell and come back: " + name;
    one.file = "scenarios/load/cell-outage.scenario.yaml";
    one.bench = "loopback";
    one.seed = 452;
    one.verdict = verdict;
    one.load = load_of(verdict, name);
    one.message = one.verdict == Verdict::pass ? "" : one.load->sentence;
    one.duration_ms = 320000;
    one.wall_ms = 321400;
    one.reproduce = "drydock run scenarios/load/cell-outage.scenario.yaml --bench loopback --seed 452";
    run.cases.push_back(std::move(one));
    judge(run, {{"AUTH-08", "must", "A device that comes back is let in again.", "the founding text"},
                {"AUTH-09", "must", "A good token is never refused.", "the founding text"}});
    return run;
}

RunRecord virtual_load_sample() {
    RunRecord run = load_sample(Verdict::pass);
    CaseRecord& one = run.cases.front();
    one.bench = "virtual";
    one.load->machine = "virtual time";
    one.load->memory_slope_kib_per_min.reset();
    one.load->generator.clear();
    for (LoadRow& row : one.load->rows) { row.gauges.clear(); }
    for (LoadTick& tick : one.load->ticks) {
        tick.server_cpu.reset();
        tick.server_rss_mib.reset();
        tick.generator_cpu.reset();
    }
    return run;
}

}  // namespace drydock::report::test
