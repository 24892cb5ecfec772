#include "rig/record/load_reader.h"

#include <boost/json.hpp>

namespace drydock::rig {

namespace {

namespace json = boost::json;

std::string text_at(json::object const& from, std::string_view name) { return std::string(from.at(name).as_string()); }

template <class Number>
Number number_at(json::object const& from, std::string_view name) {
    return from.at(name).to_number<Number>();
}

report::LoadPhase phase_of(json::object const& from) {
    report::LoadPhase phase;
    phase.name = text_at(from, "name");
    phase.begin_s = number_at<double>(from, "begin_s");
    phase.end_s = number_at<double>(from, "end_s");
    phase.is_hold = from.at("is_hold").as_bool();
    return phase;
}

report::LoadTimes times_of(json::object const& from) {
    report::LoadTimes times;
    times.count = number_at<std::uint64_t>(from, "count");
    times.p50 = number_at<double>(from, "p50");
    times.p90 = number_at<double>(from, "p90");
    times.p95 = number_at<double>(from, "p95");
    times.p99 = number_at<double>(from, "p99");
    times.p999 = number_at<double>(from, "p999");
    times.max = number_at<double>(from, "max");
    times.histogram = text_at(from, "histogram");
    return times;
}

report::LoadRow row_of(json::object const& from) {
    report::LoadRow row;
    row.phase = text_at(from, "phase");
    row.link = text_at(from, "link");
    for (auto const& one : from.at("counts").as_object()) {
        row.counts.emplace_back(one.key(), one.value().to_number<std::uint64_t>());
    }
    for (auto const& one : from.at("times").as_object()) {
        row.times.emplace_back(one.key(), times_of(one.value().as_object()));
    }
    for (auto const& one : from.at("gauges").as_object()) {
        json::object const& gauge = one.value().as_object();
        row.gauges.emplace_back(
            one.key(),
            report::LoadGauge{number_at<std::uint64_t>(gauge, "samples"), number_at<std::uint64_t>(gauge, "sum"),
                              number_at<std::uint64_t>(gauge, "least"), number_at<std::uint64_t>(gauge, "greatest")});
    }
    return row;
}

report::LoadTick tick_of(json::object const& from, std::size_t columns) {
    report::LoadTick tick;
    tick.at_s = number_at<double>(from, "at_s");
    tick.online = number_at<std::uint64_t>(from, "online");
    tick.expected = number_at<std::uint64_t>(from, "expected");
    tick.arrived = number_at<std::uint64_t>(from, "arrived");
    tick.connects = number_at<std::uint64_t>(from, "connects");
    tick.accepted = number_at<std::uint64_t>(from, "accepted");
    tick.refused = number_at<std::uint64_t>(from, "refused");
    tick.errors = number_at<std::uint64_t>(from, "errors");
    tick.auth_p50_ms = number_at<double>(from, "auth_p50_ms");
    tick.auth_p99_ms = number_at<double>(from, "auth_p99_ms");
    tick.server_cpu = number_at<double>(from, "server_cpu");
    tick.server_rss_mib = number_at<double>(from, "server_rss_mib");
    tick.generator_cpu = number_at<double>(from, "generator_cpu");
    tick.generator_late_p99_ms = number_at<double>(from, "generator_late_p99_ms");
    for (auto const& count : from.at("heat").as_array()) { tick.heat.push_back(count.to_number<std::uint64_t>()); }
    if (tick.heat.size() > columns) { throw BadRecord("a tick has more columns than the record has bounds"); }
    tick.heat.resize(columns);  // the writer leaves out empty columns at the end
    return tick;
}

report::LoadThreshold threshold_of(json::object const& from) {
    report::LoadThreshold threshold;
    threshold.text = text_at(from, "text");
    threshold.observed = text_at(from, "observed");
    threshold.outcome = text_at(from, "outcome");
    threshold.is_should = from.at("is_should").as_bool();
    return threshold;
}

report::LoadRecord record_of(json::object const& from) {
    report::LoadRecord load;
    load.verdict = text_at(from, "verdict");
    load.sentence = text_at(from, "sentence");
    load.machine = text_at(from, "machine");
    load.devices = number_at<std::uint64_t>(from, "devices");
    load.workers = number_at<std::uint64_t>(from, "workers");
    load.began_ms = number_at<double>(from, "began_ms");
    load.memory_slope_kib_per_min = number_at<double>(from, "memory_slope_kib_per_min");
    load.shards.clear();
    for (auto const& one : from.at("shards").as_array()) {
        json::object const& shard = one.as_object();
        load.shards.push_back({number_at<std::uint64_t>(shard, "index"), number_at<std::uint64_t>(shard, "of")});
    }
    for (auto const& one : from.at("phases").as_array()) { load.phases.push_back(phase_of(one.as_object())); }
    for (auto const& one : from.at("rows").as_array()) { load.rows.push_back(row_of(one.as_object())); }
    for (auto const& one : from.at("heat_bounds_ms").as_array()) {
        load.heat_bounds_ms.push_back(one.to_number<double>());
    }
    for (auto const& one : from.at("ticks").as_array()) {
        load.ticks.push_back(tick_of(one.as_object(), load.heat_bounds_ms.size() + 1));
    }
    for (auto const& one : from.at("events").as_array()) {
        json::object const& event = one.as_object();
        load.events.push_back({number_at<double>(event, "at_s"), text_at(event, "text"), text_at(event, "outcome")});
    }
    for (auto const& one : from.at("thresholds").as_array()) {
        load.thresholds.push_back(threshold_of(one.as_object()));
    }
    for (auto const& one : from.at("errors").as_object()) {
        load.errors[one.key()] = one.value().to_number<std::uint64_t>();
    }
    for (auto const& one : from.at("generator").as_object()) {
        load.generator[one.key()] = std::string(one.value().as_string());
    }
    return load;
}

LoadCase case_of(json::object const& from) {
    LoadCase one;
    one.id = text_at(from, "id");
    one.title = text_at(from, "title");
    one.file = text_at(from, "file");
    one.bench = text_at(from, "bench");
    one.seed = number_at<std::uint64_t>(from, "seed");
    one.duration_ms = number_at<double>(from, "duration_ms");
    one.wall_ms = number_at<double>(from, "wall_ms");
    one.load = record_of(from.at("load").as_object());
    return one;
}

}  // namespace

std::vector<LoadCase> read_load_cases(std::string_view run_json) {
    std::vector<LoadCase> cases;
    try {
        json::value const run = json::parse(run_json);
        for (auto const& one : run.as_object().at("cases").as_array()) {
            auto const* load = one.as_object().if_contains("load");
            if (load != nullptr && load->is_object()) { cases.push_back(case_of(one.as_object())); }
        }
    } catch (BadRecord const&) { throw; } catch (std::exception const& e) {
        throw BadRecord(std::string("it is no record of this drydock: ") + e.what());
    }
    return cases;
}

}  // namespace drydock::rig
