#include "rig/record/load_merge.h"

#include "rig/record/load_recorder.h"
#include "rig/record/load_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

namespace drydock::rig {

namespace {

using report::LoadRecord;
using report::LoadTick;
using report::Verdict;

constexpr double k_ms_per_s = 1000;

std::vector<std::string> threshold_texts(LoadRecord const& record) {
    std::vector<std::string> texts;
    for (report::LoadThreshold const& one : record.thresholds) { texts.push_back(one.text); }
    return texts;
}

bool has_same_phases(LoadRecord const& a, LoadRecord const& b) {
    return std::equal(a.phases.begin(), a.phases.end(), b.phases.begin(), b.phases.end(),
                      [](report::LoadPhase const& one, report::LoadPhase const& other) {
                          return one.name == other.name && std::abs(one.end_s - other.end_s) < 1e-6;
                      });
}

void check_same_plan(LoadRecord const& first, LoadRecord const& other, std::size_t number) {
    auto const refuse = [number](std::string_view what) {
        throw CannotMerge(fmt::format("record {} is of another run than record 1: {}", number, what));
    };
    if (first.devices != other.devices) { refuse(fmt::format("{} devices, not {}", other.devices, first.devices)); }
    if (!has_same_phases(first, other)) { refuse("its phases differ"); }
    if (threshold_texts(first) != threshold_texts(other)) { refuse("its thresholds differ"); }
    if (first.heat_bounds_ms != other.heat_bounds_ms) { refuse("it was made by another version"); }
}

// All shards of all records, none twice and all parts of one whole.
std::vector<report::LoadShard> shards_of(std::vector<LoadRecord> const& records) {
    std::vector<report::LoadShard> shards;
    for (LoadRecord const& record : records) {
        for (report::LoadShard const& shard : record.shards) {
            if (!shards.empty() && shard.of != shards.front().of) {
                throw CannotMerge(
                    fmt::format("one record is part of {} shards, another of {}", shards.front().of, shard.of));
            }
            if (std::find(shards.begin(), shards.end(), shard) != shards.end()) {
                throw CannotMerge(fmt::format("part {} of {} is there twice", shard.index + 1, shard.of));
            }
            shards.push_back(shard);
        }
    }
    std::sort(shards.begin(), shards.end(), [](auto const& a, auto const& b) { return a.index < b.index; });
    return shards;
}

// "auth.latency p99 within 30s le 400ms in hold over lte-m", as load::Threshold::text writes it.
load::ThresholdSpec spec_of(report::LoadThreshold const& threshold) {
    load::ThresholdSpec spec;
    std::map<std::string, std::string*> const parts{{"within", &spec.within}, {"le", &spec.le}, {"ge", &spec.ge},
                                                    {"lt", &spec.lt},         {"gt", &spec.gt}, {"in", &spec.phase},
                                                    {"over", &spec.link}};
    std::istringstream words(threshold.text);
    words >> spec.metric;
    for (std::string word; words >> word;) {
        auto const part = parts.find(word);
        if (part == parts.end()) {
            spec.agg = word;
        } else {
            words >> *part->second;
        }
    }
    spec.severity = threshold.is_should ? "should" : "must";
    return spec;
}

std::vector<load::Threshold> thresholds_of(LoadRecord const& record) {
    std::vector<load::ThresholdSpec> specs;
    for (report::LoadThreshold const& one : record.thresholds) { specs.push_back(spec_of(one)); }
    load::KnownPlaces known;
    for (load::ThresholdSpec const& spec : specs) {
        if (!spec.phase.empty()) { known.phases.emplace_back(spec.phase); }
        if (!spec.link.empty()) { known.links.emplace_back(spec.link); }
    }
    auto thresholds = load::read_thresholds(specs, known);
    if (thresholds.has_error()) {
        throw CannotMerge("a threshold of the records cannot be read: " + thresholds.error().front().sentence);
    }
    return *thresholds;
}

void add(LoadTick& sum, LoadTick const& tick) {
    sum.online += tick.online;
    sum.expected += tick.expected;
    sum.arrived += tick.arrived;
    sum.connects += tick.connects;
    sum.accepted += tick.accepted;
    sum.refused += tick.refused;
    sum.errors += tick.errors;
    // All shards look at the one server.
    sum.server_cpu = std::max(sum.server_cpu, tick.server_cpu);  // nothing is less than any number
    sum.server_rss_mib = std::max(sum.server_rss_mib, tick.server_rss_mib);
    if (tick.generator_cpu) { sum.generator_cpu = sum.generator_cpu.value_or(0) + *tick.generator_cpu; }
    sum.generator_late_p99_ms = std::max(sum.generator_late_p99_ms, tick.generator_late_p99_ms);
    sum.heat.resize(std::max(sum.heat.size(), tick.heat.size()));
    for (std::size_t i = 0; i < tick.heat.size(); ++i) { sum.heat[i] += tick.heat[i]; }
}

// A tick keeps no histogram, only its columns: the upper end of the one that holds the percentile.
double percentile(LoadTick const& tick, std::vector<double> const& bounds, double percent) {
    std::uint64_t all = 0;
    for (std::uint64_t const count : tick.heat) { all += count; }
    if (all == 0 || bounds.empty()) { return 0; }
    double const wanted = static_cast<double>(all) * percent / 100;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < tick.heat.size(); ++i) {
        seen += tick.heat[i];
        if (static_cast<double>(seen) >= wanted) { return bounds[std::min(i, bounds.size() - 1)]; }
    }
    return bounds.back();
}

std::vector<LoadTick> merged_ticks(std::vector<LoadRecord> const& records, double began_ms) {
    std::map<std::int64_t, LoadTick> by_second;
    for (LoadRecord const& record : records) {
        double const shift = std::round((record.began_ms - began_ms) / k_ms_per_s);
        for (LoadTick const& tick : record.ticks) {
            double const at = tick.at_s + shift;
            LoadTick& sum = by_second[std::lround(at)];
            sum.at_s = std::max(sum.at_s, at);
            add(sum, tick);
        }
    }
    std::vector<LoadTick> ticks;
    for (auto& [second, tick] : by_second) {
        tick.auth_p50_ms = percentile(tick, records.front().heat_bounds_ms, 50);
        tick.auth_p99_ms = percentile(tick, records.front().heat_bounds_ms, 99);
        ticks.push_back(std::move(tick));
    }
    return ticks;
}

// What all shards were asked to do is told once.
std::vector<report::LoadEvent> merged_events(std::vector<LoadRecord> const& records) {
    std::vector<report::LoadEvent> events;
    std::set<std::tuple<std::int64_t, std::string, std::string>> told;
    for (LoadRecord const& record : records) {
        for (report::LoadEvent const& event : record.events) {
            if (told.emplace(std::lround(event.at_s), event.text, event.outcome).second) { events.push_back(event); }
        }
    }
    std::stable_sort(events.begin(), events.end(), [](auto const& a, auto const& b) { return a.at_s < b.at_s; });
    return events;
}

// Counters are added; anything else is told for each shard that says something new.
void add_fact(std::map<std::string, std::string>& facts, std::string const& name, std::string const& value) {
    auto const [there, is_new] = facts.emplace(name, value);
    if (is_new) { return; }
    auto const whole = [](std::string const& text) {
        std::uint64_t number = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        bool const is_whole = error == std::errc{} && end == text.data() + text.size();
        return is_whole ? std::optional(number) : std::nullopt;
    };
    auto const before = whole(there->second);
    auto const more = whole(value);
    if (before && more) {
        there->second = std::to_string(*before + *more);
    } else if (there->second.find(value) == std::string::npos) {
        there->second += ", " + value;
    }
}

void add_machine(std::string& machines, std::string const& machine) {
    if (machines.find(machine) != std::string::npos) { return; }
    machines += (machines.empty() ? "" : "; ") + machine;
}

std::string name_of(LoadRecord const& record) {
    return fmt::format("part {} of {}", record.shards.front().index + 1, record.shards.front().of);
}

// What a shard that gave up saw may be lost in the sum of all: the run was not played to its end.
void keep_early_ends(LoadRecord& merged, std::vector<LoadRecord> const& records) {
    for (LoadRecord const& record : records) {
        if (record.ended_early.empty() || merged.ended_early == "interrupted") { continue; }
        merged.ended_early = record.ended_early;
        if (record.verdict != Verdict::fail || !is_passed(merged.verdict)) { continue; }
        merged.verdict = Verdict::fail;
        merged.sentence = name_of(record) + " ended early: " + record.sentence;
    }
}

// "part 2, part 5 and 3 more", counted from 1.
std::string missing_parts(std::vector<report::LoadShard> const& shards) {
    constexpr std::size_t k_named_max = 8;
    std::set<std::uint64_t> there;
    for (report::LoadShard const& shard : shards) { there.insert(shard.index); }
    std::uint64_t const of = shards.front().of;
    std::uint64_t const missing = of - there.size();
    std::vector<std::string> names;
    for (std::uint64_t index = 0; index < of && names.size() < std::min<std::uint64_t>(missing, k_named_max); ++index) {
        if (there.count(index) == 0) { names.push_back(fmt::format("part {}", index + 1)); }
    }
    std::string const more = missing > names.size() ? fmt::format(" and {} more", missing - names.size()) : "";
    return fmt::format("{}{}", fmt::join(names, ", "), more);
}

// A shard that says nothing about the server spoils the whole; so does one that is not there.
GeneratorJudgement judge_shards(std::vector<LoadRecord> const& records, LoadRecord const& merged) {
    GeneratorJudgement judgement;
    for (LoadRecord const& record : records) {
        // What a shard that ended early has not counted is missing; a failure remains one.
        bool const is_part = !record.ended_early.empty() && record.verdict != Verdict::fail;
        if ((record.verdict != Verdict::inconclusive && !is_part) || !judgement.is_good) { continue; }
        judgement.is_good = false;
        judgement.sentence =
            fmt::format("{} {}: {}", name_of(record), is_part ? "ended early" : "is inconclusive", record.sentence);
    }
    std::uint64_t const wanted = merged.shards.front().of;
    if (judgement.is_good && merged.shards.size() < wanted) {
        judgement.is_good = false;
        judgement.sentence = fmt::format("only {} of {} parts are there; missing: {}", merged.shards.size(), wanted,
                                         missing_parts(merged.shards));
    }
    return judgement;
}

}  // namespace

void check_same_case(report::CaseRecord const& first, report::CaseRecord const& other, std::size_t number) {
    auto const refuse = [number](std::string_view what) {
        throw CannotMerge(fmt::format("record {} is of another run than record 1: {}", number, what));
    };
    if (first.title != other.title) { refuse(fmt::format("'{}', not '{}'", other.title, first.title)); }
    if (first.id != other.id) { refuse(fmt::format("{}, not {}", other.id, first.id)); }
    if (first.bench != other.bench) { refuse(fmt::format("bench {}, not {}", other.bench, first.bench)); }
    if (first.seed != other.seed) { refuse(fmt::format("seed {}, not {}", other.seed, first.seed)); }
}

LoadRecord merge(std::vector<LoadRecord> const& records) {
    if (records.empty()) { throw CannotMerge("there is no record to merge"); }
    LoadRecord merged;
    LoadRecord const& first = records.front();
    for (std::size_t i = 0; i < records.size(); ++i) {
        // It was judged without the others.
        if (records[i].shards.size() > 1) {
            throw CannotMerge(fmt::format("record {} is a merged one already: name those of all parts", i + 1));
        }
        if (i > 0) { check_same_plan(first, records[i], i + 1); }
    }
    merged.shards = shards_of(records);
    merged.devices = first.devices;
    merged.phases = first.phases;
    merged.heat_bounds_ms = first.heat_bounds_ms;
    merged.began_ms = first.began_ms;
    merged.workers = 0;
    load::Summary summary;
    for (LoadRecord const& record : records) {
        auto const one = summary_of(record.rows);
        if (!one) { throw CannotMerge("a record's counts or histograms are damaged"); }
        summary.merge(*one);
        merged.began_ms = std::min(merged.began_ms, record.began_ms);
        merged.workers += record.workers;
        add_machine(merged.machine, record.machine);
        for (auto const& [cause, count] : record.errors) { merged.errors[cause] += count; }
        for (auto const& [name, value] : record.generator) { add_fact(merged.generator, name, value); }
    }
    merged.rows = rows_of(summary);
    merged.ticks = merged_ticks(records, merged.began_ms);
    merged.events = merged_events(records);
    merged.memory_slope_kib_per_min = memory_slope_kib_per_min(merged.phases, merged.ticks);
    judge_into(merged, thresholds_of(first), summary, judge_shards(records, merged));
    keep_early_ends(merged, records);
    return merged;
}

}  // namespace drydock::rig
