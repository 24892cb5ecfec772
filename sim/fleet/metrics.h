// The metrics a threshold may name: an explicit table, what each is made of, and the units and
// aggregations that fit it.
#pragma once

#include "sim/fleet/summary.h"
#include "sim/fleet/words.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::load {

enum class MetricKind {
    times,      // a histogram; percentiles, max, min, mean; "400ms"
    count,      // a counter; sum; "0"
    ratio,      // counters divided by a counter; share; "99.5%"
    recovered,  // the part of a histogram that came in time, divided by a counter; share
    bytes,      // a gauge; max, min, mean; "600MiB"
    cores,      // a gauge; max, min, mean; "80%" of a core
};

struct Metric {
    std::string_view name;
    MetricKind kind = MetricKind::count;
    Latency latency = Latency::auth;
    Gauge gauge = Gauge::server_rss;
    std::vector<Counter> counted;
    // The divisor of ratios, and for counts the proof that there was anything to count.
    Counter among = Counter::auth_started;
    std::string_view text;  // what it is, for the reference
};

struct Aggregation {
    enum class Kind { percentile, max, min, mean, sum, share };

    Kind kind = Kind::sum;
    double percent = 0;  // of the percentile

    friend bool operator==(Aggregation const&, Aggregation const&) = default;
};

// What was seen, in the base unit: nanoseconds, pieces, parts of one, bytes, cores.
struct Observed {
    double value = 0;
    std::string text;
};

[[nodiscard]] std::span<Metric const> all_metrics();
[[nodiscard]] Metric const* find_metric(std::string_view name);
// Whether a threshold may look at one link only: processes have a phase and no link.
[[nodiscard]] bool has_links(MetricKind kind);
// Nothing for a word that is no aggregation; "p" and a number above 0 and below 100 is a percentile.
[[nodiscard]] std::optional<Aggregation> read_aggregation(std::string_view word);
// What an empty word means: the only one that fits, or the greatest value of a gauge. Nothing for times.
[[nodiscard]] std::optional<Aggregation> usual_aggregation(MetricKind kind);
[[nodiscard]] bool fits(MetricKind kind, Aggregation const& aggregation);
// "p50, p99.9 or the like, max, min or mean", for people.
[[nodiscard]] std::string_view fitting_aggregations(MetricKind kind);
// A bound in the base unit; nothing when the text is not in the metric's unit, or below zero.
[[nodiscard]] std::optional<double> read_bound(MetricKind kind, std::string_view text);
[[nodiscard]] std::string_view bound_example(MetricKind kind);
// Nothing when nothing was measured. `within` matters to recovered only.
[[nodiscard]] std::optional<Observed> observe(Metric const& metric, Aggregation const& aggregation,
                                              std::optional<Duration> within, Summary const& summary,
                                              Where const& where);

}  // namespace drydock::load
