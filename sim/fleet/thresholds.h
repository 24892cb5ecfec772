// What a load run must reach: a metric of an explicit table, how its values become one, and a
// bound. Evaluated against a Summary at the end, and in between to give up early.
#pragma once

#include "sim/fleet/load_error.h"
#include "sim/fleet/metrics.h"
#include "sim/fleet/summary.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace drydock::load {

// A threshold as the scenario writes it: one of le, ge, lt and gt, in the unit of the metric.
struct ThresholdSpec {
    std::string metric;  // "auth.latency"
    std::string agg;     // "p99", "p99.9", "max", "min", "mean", "sum", "share"
    std::string le;      // "400ms", "99.5%", "0", "600MiB", "80%" of a core
    std::string ge;
    std::string lt;
    std::string gt;
    std::string within;       // reconnect.recovered only: how soon counts as recovered
    std::string abort_after;  // "10s": give up when it failed for so long without a break
    std::string severity;     // "must" when empty, or "should"
    std::string phase;        // all when empty
    std::string link;         // all when empty
};

enum class Comparison { le, ge, lt, gt };
enum class Severity { must, should };

struct Threshold {
    Metric const* metric = nullptr;
    Aggregation aggregation;
    Comparison comparison = Comparison::le;
    double bound = 0;
    std::optional<Duration> within;
    std::optional<Duration> abort_after;
    Severity severity = Severity::must;
    Where where;
    std::string text;  // "auth.latency p99 le 400ms", for people
};

// The names a threshold may limit itself to.
struct KnownPlaces {
    std::vector<std::string_view> phases;
    std::vector<std::string_view> links;
};

[[nodiscard]] checked<std::vector<Threshold>> read_thresholds(std::vector<ThresholdSpec> const& specs,
                                                              KnownPlaces const& known);

// A metric that nothing was measured for has no data; that is never a pass.
enum class Outcome { passed, failed, no_data };

struct Finding {
    Threshold threshold;
    Outcome outcome = Outcome::no_data;
    std::string observed;  // "412 ms of 4700"
};

// Inconclusive: the generator was late itself, so that the times say nothing about the server, whatever they are.
// Non-strict: only thresholds of severity should were missed.
enum class RunVerdict { pass, non_strict, fail, inconclusive };

struct Evaluation {
    RunVerdict verdict = RunVerdict::inconclusive;
    std::vector<Finding> findings;
    std::string sentence;  // why it is not passed; empty when it is
};

// What the generator's p99 lateness may be when no threshold on generator.late says otherwise.
constexpr Duration k_generator_late_p99_max = std::chrono::milliseconds(1);

// What no cloud may do even once, whatever the thresholds of a run are and however bad its network is.
[[nodiscard]] std::span<Counter const> wrong_answers();
[[nodiscard]] bool has_wrong_answers(Summary const& summary);

[[nodiscard]] Finding evaluate(Threshold const& threshold, Summary const& summary);
[[nodiscard]] Evaluation evaluate(std::vector<Threshold> const& thresholds, Summary const& summary);

// Looks at the run now and then, and says when a threshold with abort_after has failed for too long.
class AbortWatch {
public:
    explicit AbortWatch(std::vector<Threshold> const& thresholds);

    // The first threshold that has failed at every look for at least its abort_after.
    [[nodiscard]] std::optional<Finding> look(Duration since_begin, Summary const& summary);

private:
    struct Watched {
        Threshold threshold;
        std::optional<Duration> failing_since;
    };

    std::vector<Watched> watched_;
};

}  // namespace drydock::load
