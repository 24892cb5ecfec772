// What a load run leaves behind: plain values, the only source of its reports. Filled by the rig
// from the fleet's summary (rig/record); merged runs of several shards look like one.
#pragma once

#include "reports/model/verdict.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drydock::report {

struct LoadPhase {
    std::string name;
    double begin_s = 0;
    double end_s = 0;
    bool is_hold = false;  // nobody arrives, nobody leaves
};

struct LoadTimes {  // milliseconds
    std::uint64_t count = 0;
    double p50 = 0;
    double p90 = 0;
    double p95 = 0;
    double p99 = 0;
    double p999 = 0;
    double max = 0;
    std::string histogram;  // the text form of sim/fleet/histogram.h, so that runs can be merged later
};

// Looks at a value that goes up and down, in the base unit of its metric.
struct LoadGauge {
    std::uint64_t samples = 0;
    std::uint64_t sum = 0;
    std::uint64_t least = 0;
    std::uint64_t greatest = 0;
};

// One phase and link. Names are those of sim/fleet/summary.h; what is zero is left out.
struct LoadRow {
    std::string phase;
    std::string link;
    std::vector<std::pair<std::string, std::uint64_t>> counts;  // "auth.accepted"
    std::vector<std::pair<std::string, LoadTimes>> times;       // "auth"
    std::vector<std::pair<std::string, LoadGauge>> gauges;      // "server.rss"
};

// The run from second to second.
struct LoadTick {
    double at_s = 0;
    std::uint64_t online = 0;
    std::uint64_t expected = 0;
    std::uint64_t arrived = 0;   // devices that appeared since the tick before
    std::uint64_t connects = 0;  // connections begun since the tick before, first and again
    std::uint64_t accepted = 0;  // logins since the tick before
    std::uint64_t refused = 0;
    std::uint64_t errors = 0;
    double auth_p50_ms = 0;  // since the tick before
    double auth_p99_ms = 0;
    // Absent where there is no process to look at: in virtual time, of somebody else's server, while it is restarted.
    std::optional<double> server_cpu;  // cores
    std::optional<double> server_rss_mib;
    std::optional<double> generator_cpu;  // cores, of all shards together
    double generator_late_p99_ms = 0;     // since the tick before
    std::vector<std::uint64_t> heat;      // logins since the tick before, by LoadRecord::heat_bounds_ms
};

struct LoadEvent {
    double at_s = 0;
    std::string text;     // as the scenario says it
    std::string outcome;  // empty: as meant
};

struct LoadThreshold {
    std::string text;      // "auth.latency p99 le 400ms": Threshold::text, which says all of it
    std::string observed;  // "312 ms of 4700"
    std::string outcome;   // "PASS", "FAIL", "NO DATA"
    bool is_should = false;
};

// The part of the plan that this record is about: every device whose index leaves `index` when
// divided by `of`.
struct LoadShard {
    std::uint64_t index = 0;
    std::uint64_t of = 1;
    friend bool operator==(LoadShard const&, LoadShard const&) = default;
};

inline constexpr char const* k_server_ended = "server_ended";

struct LoadRecord {
    Verdict verdict = Verdict::inconclusive;  // one of load_verdicts()
    std::string sentence;                     // why it is no pass
    std::string ended_early;                  // "interrupted", "gave_up", k_server_ended; empty: it was played whole
    std::string machine;
    std::uint64_t devices = 0;  // of the whole plan, whatever the shards
    std::uint64_t workers = 1;
    std::vector<LoadShard> shards{LoadShard{}};
    double began_ms = 0;  // since 1970
    std::vector<LoadPhase> phases;
    std::vector<LoadRow> rows;
    std::vector<double> heat_bounds_ms;  // upper ends, ascending; one more column holds what is above
    std::vector<LoadTick> ticks;
    std::vector<LoadEvent> events;
    std::vector<LoadThreshold> thresholds;
    std::map<std::string, std::uint64_t> errors;   // by cause
    std::map<std::string, std::string> generator;  // "listen overflows": "0": what was read and judged
    // Of the server, over the longest hold; absent when its memory was not measured there.
    std::optional<double> memory_slope_kib_per_min;
};

}  // namespace drydock::report
