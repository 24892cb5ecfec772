#include "rig/record/load_recorder.h"

#include "rig/record/load_rows.h"
#include "sim/fleet/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

namespace drydock::rig {

namespace {

using load::Counter;
using load::Gauge;
using load::Latency;

constexpr double k_mib = 1024 * 1024;
constexpr double k_millionths = 1e6;
constexpr Duration k_short = std::chrono::milliseconds(500);

double to_s(Duration duration) { return std::chrono::duration<double>(duration).count(); }
double to_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::uint64_t sum_of(std::map<std::string, std::uint64_t> const& counts) {
    std::uint64_t sum = 0;
    for (auto const& [name, count] : counts) { sum += count; }
    return sum;
}

// The last moment of a run in the tick of its last second.
void add_rest(report::LoadTick& tick, report::LoadTick const& rest) {
    tick.online = rest.online;
    tick.expected = rest.expected;
    tick.arrived += rest.arrived;
    tick.connects += rest.connects;
    tick.accepted += rest.accepted;
    tick.refused += rest.refused;
    tick.errors += rest.errors;
    for (std::size_t i = 0; i < tick.heat.size(); ++i) { tick.heat[i] += rest.heat[i]; }
}

report::Verdict verdict_of(load::RunVerdict verdict) {
    switch (verdict) {
        case load::RunVerdict::pass: return report::Verdict::pass;
        case load::RunVerdict::non_strict: return report::Verdict::non_strict;
        case load::RunVerdict::fail: return report::Verdict::fail;
        case load::RunVerdict::inconclusive: return report::Verdict::inconclusive;
    }
    return report::Verdict::inconclusive;
}

// A load run without a verdict says less than a failed one: its rank is another than in a fold of cases.
load::RunVerdict rank_of(report::Verdict verdict) {
    using load::RunVerdict;
    for (RunVerdict const one : {RunVerdict::pass, RunVerdict::non_strict, RunVerdict::fail}) {
        if (verdict == verdict_of(one)) { return one; }
    }
    return RunVerdict::inconclusive;
}

// What helps is told before what only looks away.
constexpr std::string_view k_way_out_of_lateness =
    "the generator was late itself, so that the times say nothing about the server: play fewer devices per worker, on "
    "a quieter machine or on several; where times may be off by so much, say so with --late (fleet) or a threshold on "
    "generator.late (scenario)";

bool is_lateness(load::Finding const& finding) {
    return finding.threshold.metric->name == "generator.late" && finding.outcome == load::Outcome::failed;
}

std::string_view to_text(load::Outcome outcome) {
    switch (outcome) {
        case load::Outcome::passed: return "PASS";
        case load::Outcome::failed: return "FAIL";
        case load::Outcome::no_data: return "NO DATA";
    }
    return "NO DATA";
}

// Wrong answers and a bad generator have the last word; they are told after why the run ended.
void end_early(report::LoadRecord& record, EarlyEnd const& end, bool is_open) {
    bool const is_interrupted = end.why == EarlyEnd::Why::interrupted;
    if (end.why == EarlyEnd::Why::server_ended) {
        // A server that dies has failed, whatever was measured of it.
        record.ended_early = report::k_server_ended;
        record.sentence = end.sentence + (record.sentence.empty() ? "" : "; " + record.sentence);
        record.verdict = report::Verdict::fail;
        return;
    }
    record.ended_early = is_interrupted ? "interrupted" : "gave_up";
    if (!is_open) {
        record.sentence = end.sentence + "; " + record.sentence;
        return;
    }
    record.sentence = end.sentence;
    // What was seen until an interrupt is no verdict on the plan.
    auto const least = is_interrupted ? load::RunVerdict::inconclusive : end.at_least;
    if (rank_of(record.verdict) < least) { record.verdict = verdict_of(least); }
}

// At least non-strict when something did not go as the plan meant it.
void judge_events(report::LoadRecord& record) {
    auto const bad = std::find_if(record.events.begin(), record.events.end(),
                                  [](report::LoadEvent const& one) { return !one.outcome.empty(); });
    if (bad == record.events.end() || record.verdict != report::Verdict::pass) { return; }
    record.verdict = report::Verdict::non_strict;
    record.sentence =
        fmt::format("not everything happened as planned: '{}' after {:.0f} s: {}", bad->text, bad->at_s, bad->outcome);
}

}  // namespace

EarlyEnd interrupted_after(Duration at) {
    return {EarlyEnd::Why::interrupted, "interrupted after " + load::print(at), load::RunVerdict::inconclusive};
}

EarlyEnd server_ended_after(Duration at, std::string_view how) {
    return {EarlyEnd::Why::server_ended,
            fmt::format("the server under test ended by itself after {}: {}", load::print(at), how),
            load::RunVerdict::fail};
}

EarlyEnd gave_up_after(Duration at, load::Finding const& finding) {
    load::Threshold const& threshold = finding.threshold;
    bool const is_of_the_generator = is_lateness(finding);
    auto const missed =
        threshold.severity == load::Severity::should ? load::RunVerdict::non_strict : load::RunVerdict::fail;
    return {EarlyEnd::Why::gave_up,
            fmt::format("given up after {}: {}, observed {}{}{}", load::print(at), threshold.text, finding.observed,
                        is_of_the_generator ? "; " : "", is_of_the_generator ? k_way_out_of_lateness : ""),
            is_of_the_generator ? load::RunVerdict::inconclusive : missed};
}

LoadRecorder::LoadRecorder(load::LoadPlan const& plan) : plan_(plan) {}

report::LoadTick const& LoadRecorder::look(Duration at, FleetLook fleet, std::optional<ServerLook> const& server) {
    report::LoadTick tick;
    tick.at_s = to_s(at);
    tick.online = fleet.online;
    tick.expected = fleet.expected;
    tick.arrived = fleet.arrived - std::min(arrived_, fleet.arrived);
    std::uint64_t const errors = sum_of(fleet.errors);
    tick.errors = errors - std::min(sum_of(errors_), errors);
    arrived_ = std::max(arrived_, fleet.arrived);
    errors_ = std::move(fleet.errors);
    repeated_connects_ = fleet.repeated_connects;
    tick.connects = fleet.fresh.count(Counter::connect_started);
    tick.accepted = fleet.fresh.count(Counter::auth_accepted);
    tick.refused = fleet.fresh.count(Counter::auth_refused);
    load::Histogram const logins = fleet.fresh.times(Latency::auth);
    tick.auth_p50_ms = to_ms(logins.percentile(50));
    tick.auth_p99_ms = to_ms(logins.percentile(99));
    tick.generator_late_p99_ms = to_ms(fleet.fresh.times(Latency::generator_late).percentile(99));
    tick.heat = heat_of(logins);
    load::Cell& machine = fleet.fresh.cell(phase_name_at(plan_, at - k_short), k_machine_link);
    for (double const cores : fleet.cores) { busiest_ = std::max(busiest_, cores); }
    bool const is_full =
        std::any_of(fleet.cores.begin(), fleet.cores.end(), [](double cores) { return cores >= k_saturated; });
    saturated_looks_ += is_full ? 1 : 0;
    if (!fleet.cores.empty()) {
        double const cores = std::accumulate(fleet.cores.begin(), fleet.cores.end(), 0.0);
        tick.generator_cpu = cores;
        machine.sample(Gauge::generator_cpu, static_cast<std::uint64_t>(cores * k_millionths));
    }
    if (server) {
        tick.server_cpu = server->cores;
        tick.server_rss_mib = server->rss_bytes / k_mib;
        machine.sample(Gauge::server_cpu, static_cast<std::uint64_t>(server->cores * k_millionths));
        machine.sample(Gauge::server_rss, static_cast<std::uint64_t>(server->rss_bytes));
    }
    summary_.merge(fleet.fresh);
    if (looked_ && at - *looked_ < k_short) {
        add_rest(ticks_.back(), tick);
        return ticks_.back();
    }
    looked_ = at;
    ticks_.push_back(std::move(tick));
    return ticks_.back();
}

void LoadRecorder::look_after_interrupt(load::Summary fresh) {
    constexpr std::array losses{Counter::connect_failed, Counter::auth_lost,    Counter::reconnect_lost,
                                Counter::messages_lost,  Counter::claim_failed, Counter::online_seen,
                                Counter::online_expected};
    for (auto const& [place, counted] : fresh.cells()) {
        load::Cell& cell = fresh.cell(place.first, place.second);
        // Unsigned: this takes away.
        for (Counter const loss : losses) { cell.add(loss, std::uint64_t{0} - cell.count(loss)); }
    }
    summary_.merge(fresh);
}

void LoadRecorder::happened(Duration at, std::string text, std::string outcome) {
    ended(begins(at, std::move(text)), std::move(outcome));
}

std::size_t LoadRecorder::begins(Duration at, std::string text) {
    events_.push_back({to_s(at), std::move(text), "not finished"});
    return events_.size() - 1;
}

void LoadRecorder::ended(std::size_t number, std::string outcome) { events_.at(number).outcome = std::move(outcome); }

GeneratorFacts LoadRecorder::generator() const {
    GeneratorFacts facts;
    facts.connects = summary_.count(Counter::connect_started);
    facts.looks = ticks_.size();
    facts.saturated_looks = saturated_looks_;
    facts.busiest = busiest_;
    facts.repeated_connects = repeated_connects_;
    auto const full = errors_.find(std::string(load::k_machine_full));
    facts.machine_full = full == errors_.end() ? 0 : full->second;
    return facts;
}

report::LoadRecord LoadRecorder::finish(GeneratorFacts const& generator, std::optional<EarlyEnd> const& end) const {
    report::LoadRecord record;
    record.devices = plan_.devices();
    record.phases = phases_of(plan_);
    record.rows = rows_of(summary_);
    record.heat_bounds_ms = heat_bounds_ms();
    record.ticks = ticks_;
    record.events = events_;
    record.errors = errors_;
    record.memory_slope_kib_per_min = memory_slope_kib_per_min(record.phases, ticks_);
    GeneratorJudgement const judgement = judge(generator);
    record.generator = judgement.facts;
    judge_into(record, plan_.thresholds, summary_, judgement);
    if (end) { end_early(record, *end, judgement.is_good && !has_wrong_answers(summary_)); }
    return record;
}

std::string_view phase_name_at(load::LoadPlan const& plan, Duration at) {
    auto const phase = plan.phases.index_at(std::clamp(at, Duration{}, plan.phases.end() - Duration(1)));
    return plan.phases.all().at(phase.value_or(0)).name;
}

std::vector<report::LoadPhase> phases_of(load::LoadPlan const& plan) {
    std::vector<report::LoadPhase> phases;
    for (load::Phase const& phase : plan.phases.all()) {
        report::LoadPhase one;
        one.name = phase.name;
        one.begin_s = to_s(phase.begin);
        one.end_s = to_s(phase.end);
        one.is_hold = phase.arrive.count() == 0 && phase.leave.count() == 0;
        phases.push_back(std::move(one));
    }
    return phases;
}

void judge_into(report::LoadRecord& record, std::vector<load::Threshold> const& thresholds,
                load::Summary const& summary, GeneratorJudgement const& generator) {
    load::Evaluation const evaluation = load::evaluate(thresholds, summary);
    record.thresholds.clear();
    for (load::Finding const& finding : evaluation.findings) {
        report::LoadThreshold one;
        one.text = finding.threshold.text;
        one.observed = finding.observed;
        one.outcome = to_text(finding.outcome);
        one.is_should = finding.threshold.severity == load::Severity::should;
        record.thresholds.push_back(std::move(one));
    }
    record.verdict = verdict_of(evaluation.verdict);
    record.sentence = evaluation.sentence;
    if (std::any_of(evaluation.findings.begin(), evaluation.findings.end(), is_lateness)) {
        record.sentence.append("; ").append(k_way_out_of_lateness);
    }
    // A wrong answer is wrong however late the generator was.
    if (has_wrong_answers(summary)) {
        record.verdict = report::Verdict::fail;
        std::string_view before = "the cloud gave wrong answers: see ";
        record.sentence.clear();
        for (Counter const wrong : load::wrong_answers()) {
            if (summary.count(wrong) == 0) { continue; }
            record.sentence.append(std::exchange(before, ", ")).append(load::name_of(wrong));
        }
    } else if (!generator.is_good) {
        record.verdict = report::Verdict::inconclusive;
        record.sentence = generator.sentence;
    }
    judge_events(record);
}

std::optional<double> memory_slope_kib_per_min(std::vector<report::LoadPhase> const& phases,
                                               std::vector<report::LoadTick> const& ticks) {
    report::LoadPhase const* longest = nullptr;
    for (report::LoadPhase const& phase : phases) {
        bool const is_longer = longest == nullptr || phase.end_s - phase.begin_s > longest->end_s - longest->begin_s;
        if (phase.is_hold && is_longer) { longest = &phase; }
    }
    // From seconds nobody can tell a minute.
    constexpr double k_shortest_s = 60;
    if (longest == nullptr || longest->end_s - longest->begin_s < k_shortest_s) { return std::nullopt; }
    double const begin = longest->begin_s + (longest->end_s - longest->begin_s) / 4;
    double count = 0;
    double sum_x = 0;
    double sum_y = 0;
    double sum_xx = 0;
    double sum_xy = 0;
    for (report::LoadTick const& tick : ticks) {
        if (tick.at_s < begin || tick.at_s > longest->end_s || !tick.server_rss_mib) { continue; }
        double const x = (tick.at_s - begin) / 60;
        double const y = *tick.server_rss_mib * 1024;
        count += 1;
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
    }
    double const spread = count * sum_xx - sum_x * sum_x;
    return spread > 0 ? std::optional((count * sum_xy - sum_x * sum_y) / spread) : std::nullopt;
}

}  // namespace drydock::rig
