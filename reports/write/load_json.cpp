#include "reports/write/load_json.h"

#include "reports/write/text.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>

namespace drydock::report {

namespace {

namespace json = boost::json;

// JSON has no way to write what is no number.
double number(double value) { return std::isfinite(value) ? value : 0; }

// What was not measured is left out.
void put(json::object& out, std::string_view name, std::optional<double> const& value) {
    if (value) { out[name] = number(*value); }
}

json::object to_json(LoadTimes const& times) {
    json::object out;
    out["count"] = times.count;
    out["p50"] = number(times.p50);
    out["p90"] = number(times.p90);
    out["p95"] = number(times.p95);
    out["p99"] = number(times.p99);
    out["p999"] = number(times.p999);
    out["max"] = number(times.max);
    out["histogram"] = as_utf8(times.histogram);
    return out;
}

json::object to_json(LoadRow const& row) {
    json::object out;
    out["phase"] = as_utf8(row.phase);
    out["link"] = as_utf8(row.link);
    json::object counts;
    for (auto const& [name, count] : row.counts) { counts[as_utf8(name)] = count; }
    out["counts"] = std::move(counts);
    json::object times;
    for (auto const& [name, one] : row.times) { times[as_utf8(name)] = to_json(one); }
    out["times"] = std::move(times);
    json::object gauges;
    for (auto const& [name, one] : row.gauges) {
        json::object item;
        item["samples"] = one.samples;
        item["sum"] = one.sum;
        item["least"] = one.least;
        item["greatest"] = one.greatest;
        gauges[as_utf8(name)] = std::move(item);
    }
    out["gauges"] = std::move(gauges);
    return out;
}

json::object to_json(LoadPhase const& phase) {
    json::object out;
    out["name"] = as_utf8(phase.name);
    out["begin_s"] = number(phase.begin_s);
    out["end_s"] = number(phase.end_s);
    out["is_hold"] = phase.is_hold;
    return out;
}

json::object to_json(LoadEvent const& event) {
    json::object out;
    out["at_s"] = number(event.at_s);
    out["text"] = as_utf8(event.text);
    out["outcome"] = as_utf8(event.outcome);
    return out;
}

json::object to_json(LoadThreshold const& threshold) {
    json::object out;
    out["text"] = as_utf8(threshold.text);
    out["observed"] = as_utf8(threshold.observed);
    out["outcome"] = as_utf8(threshold.outcome);
    out["is_should"] = threshold.is_should;
    return out;
}

json::object to_json(LoadShard const& shard) {
    json::object out;
    out["index"] = shard.index;
    out["of"] = shard.of;
    return out;
}

template <class Item>
json::array list_of(std::vector<Item> const& items) {
    json::array out;
    for (Item const& item : items) { out.push_back(to_json(item)); }
    return out;
}

template <class Value>
json::object members_of(std::map<std::string, Value> const& values) {
    json::object out;
    for (auto const& [name, value] : values) {
        if constexpr (std::is_same_v<Value, std::string>) {
            out[as_utf8(name)] = as_utf8(value);
        } else {
            out[as_utf8(name)] = value;
        }
    }
    return out;
}

}  // namespace

json::object to_json(LoadTick const& tick) {
    json::object out;
    out["at_s"] = number(tick.at_s);
    out["online"] = tick.online;
    out["expected"] = tick.expected;
    out["arrived"] = tick.arrived;
    out["connects"] = tick.connects;
    out["accepted"] = tick.accepted;
    out["refused"] = tick.refused;
    out["errors"] = tick.errors;
    out["auth_p50_ms"] = number(tick.auth_p50_ms);
    out["auth_p99_ms"] = number(tick.auth_p99_ms);
    put(out, "server_cpu", tick.server_cpu);
    put(out, "server_rss_mib", tick.server_rss_mib);
    put(out, "generator_cpu", tick.generator_cpu);
    out["generator_late_p99_ms"] = number(tick.generator_late_p99_ms);
    // Columns at the end that hold nothing are left out: most of a long run is made of them.
    auto const is_used = [](std::uint64_t count) { return count != 0; };
    auto const end = std::find_if(tick.heat.rbegin(), tick.heat.rend(), is_used).base();
    out["heat"] = json::array(tick.heat.begin(), end);
    return out;
}

json::object to_json(LoadRecord const& load) {
    json::object out;
    out["verdict"] = to_text(load.verdict);
    out["sentence"] = as_utf8(load.sentence);
    if (!load.ended_early.empty()) { out["ended_early"] = as_utf8(load.ended_early); }
    out["machine"] = as_utf8(load.machine);
    out["devices"] = load.devices;
    out["workers"] = load.workers;
    out["shards"] = list_of(load.shards);
    out["began_ms"] = number(load.began_ms);
    out["phases"] = list_of(load.phases);
    out["rows"] = list_of(load.rows);
    out["heat_bounds_ms"] = json::array(load.heat_bounds_ms.begin(), load.heat_bounds_ms.end());
    out["ticks"] = list_of(load.ticks);
    out["events"] = list_of(load.events);
    out["thresholds"] = list_of(load.thresholds);
    out["errors"] = members_of(load.errors);
    out["generator"] = members_of(load.generator);
    put(out, "memory_slope_kib_per_min", load.memory_slope_kib_per_min);
    return out;
}

}  // namespace drydock::report
