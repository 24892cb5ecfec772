#include "reports/read/members.h"

#include <boost/json.hpp>

#include <algorithm>

namespace drydock::report {

namespace {

namespace json = boost::json;

// The same as `plain_name` of the schema.
std::string plain_name(std::string name, std::string const& where) {
    auto const is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    auto const fits = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    };
    if (name.empty() || name.size() > 64 || !is_letter(name.front()) || !std::all_of(name.begin(), name.end(), fits)) {
        throw BadRecord(where, "is no plain name (a-z, then at most 63 of a-z 0-9 _ . -)");
    }
    return name;
}

LoadTimes times_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadTimes times;
    times.count = members.count("count", 1);
    times.p50 = members.number("p50");
    times.p90 = members.number("p90");
    times.p95 = members.number("p95");
    times.p99 = members.number("p99");
    times.p999 = members.number("p999");
    times.max = members.number("max");
    times.histogram = members.text("histogram");
    if (!times.histogram.starts_with("dh1:")) {
        throw BadRecord(members.where("histogram"), "does not begin with dh1:");
    }
    members.end();
    return times;
}

LoadGauge gauge_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadGauge gauge;
    gauge.samples = members.count("samples", 1);
    gauge.sum = members.count("sum");
    gauge.least = members.count("least");
    gauge.greatest = members.count("greatest");
    members.end();
    return gauge;
}

LoadRow row_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadRow row;
    row.phase = plain_name(members.text("phase"), members.where("phase"));
    row.link = plain_name(members.text("link"), members.where("link"));
    members.each_member("counts", [&](std::string name, json::value const& one, std::string const& place) {
        row.counts.emplace_back(plain_name(std::move(name), place), count_of(one, place, 1));
    });
    members.each_member("times", [&](std::string name, json::value const& one, std::string const& place) {
        row.times.emplace_back(plain_name(std::move(name), place), times_of(one, place));
    });
    members.each_member("gauges", [&](std::string name, json::value const& one, std::string const& place) {
        row.gauges.emplace_back(plain_name(std::move(name), place), gauge_of(one, place));
    });
    members.end();
    return row;
}

LoadPhase phase_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadPhase phase;
    phase.name = plain_name(members.text("name"), members.where("name"));
    phase.begin_s = members.number("begin_s");
    phase.end_s = members.number("end_s");
    phase.is_hold = members.flag("is_hold");
    members.end();
    return phase;
}

LoadTick tick_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadTick tick;
    tick.at_s = members.number("at_s");
    tick.online = members.count("online");
    tick.expected = members.count("expected");
    tick.arrived = members.count("arrived");
    tick.connects = members.count("connects");
    tick.accepted = members.count("accepted");
    tick.refused = members.count("refused");
    tick.errors = members.count("errors");
    tick.auth_p50_ms = members.number("auth_p50_ms");
    tick.auth_p99_ms = members.number("auth_p99_ms");
    tick.server_cpu = members.number_if_there("server_cpu");
    tick.server_rss_mib = members.number_if_there("server_rss_mib");
    tick.generator_cpu = members.number_if_there("generator_cpu");
    tick.generator_late_p99_ms = members.number("generator_late_p99_ms");
    members.each_item(
        "heat", [&](json::value const& one, std::string const& place) { tick.heat.push_back(count_of(one, place)); });
    members.end();
    return tick;
}

LoadEvent event_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadEvent event;
    event.at_s = members.number("at_s");
    event.text = members.some_text("text");
    event.outcome = members.text("outcome");
    members.end();
    return event;
}

LoadThreshold threshold_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadThreshold threshold;
    threshold.text = members.some_text("text");
    threshold.observed = members.text("observed");
    threshold.outcome = members.one_of("outcome", {"PASS", "FAIL", "NO DATA"});
    threshold.is_should = members.flag("is_should");
    members.end();
    return threshold;
}

LoadShard shard_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadShard shard;
    shard.index = members.count("index");
    shard.of = members.count("of", 1);
    if (shard.index >= shard.of) { throw BadRecord(members.where("index"), "is not below `of`"); }
    members.end();
    return shard;
}

// The bounds ascend, and no tick has more columns than they make.
void check_heat(LoadRecord const& load, Members const& members) {
    for (std::size_t i = 1; i < load.heat_bounds_ms.size(); ++i) {
        if (load.heat_bounds_ms[i] <= load.heat_bounds_ms[i - 1]) {
            throw BadRecord(members.where("heat_bounds_ms"), "does not ascend");
        }
    }
    for (LoadTick const& tick : load.ticks) {
        if (tick.heat.size() > load.heat_bounds_ms.size() + 1) {
            throw BadRecord(members.where("ticks"), "`heat` has more columns than heat_bounds_ms makes");
        }
    }
}

}  // namespace

LoadRecord load_of(json::value const& value, std::string const& where) {
    Members members(value, where);
    LoadRecord load;
    load.verdict = members.verdict(load_verdicts());
    load.sentence = members.text("sentence");
    if (members.has("ended_early")) {
        load.ended_early = members.one_of("ended_early", {"interrupted", "gave_up", k_server_ended});
    }
    load.machine = members.text("machine");
    load.devices = members.count("devices");
    load.workers = members.count("workers");
    load.shards.clear();
    auto const into = [](auto& list, auto const& read) {
        return [&list, &read](json::value const& one, std::string const& place) { list.push_back(read(one, place)); };
    };
    members.each_item("shards", into(load.shards, shard_of));
    if (load.shards.empty()) { throw BadRecord(members.where("shards"), "is empty"); }
    load.began_ms = members.number("began_ms");
    members.each_item("phases", into(load.phases, phase_of));
    members.each_item("rows", into(load.rows, row_of));
    members.each_item("heat_bounds_ms", [&](json::value const& one, std::string const& place) {
        load.heat_bounds_ms.push_back(number_of(one, place));
    });
    members.each_item("ticks", into(load.ticks, tick_of));
    members.each_item("events", into(load.events, event_of));
    members.each_item("thresholds", into(load.thresholds, threshold_of));
    members.each_member("errors", [&](std::string name, json::value const& one, std::string const& place) {
        load.errors.emplace(std::move(name), count_of(one, place));
    });
    members.each_member("generator", [&](std::string name, json::value const& one, std::string const& place) {
        load.generator.emplace(std::move(name), text_of(one, place));
    });
    load.memory_slope_kib_per_min = members.number_if_there("memory_slope_kib_per_min", Members::Sign::any);
    members.end();
    check_heat(load, members);
    return load;
}

}  // namespace drydock::report
