#include "sim/fleet/thresholds.h"

#include <algorithm>
#include <array>

namespace drydock::load {

namespace {

struct Side {
    std::string_view name;
    Comparison comparison;
    std::string ThresholdSpec::*text;
};

constexpr std::array k_sides{
    Side{"le", Comparison::le, &ThresholdSpec::le},
    Side{"ge", Comparison::ge, &ThresholdSpec::ge},
    Side{"lt", Comparison::lt, &ThresholdSpec::lt},
    Side{"gt", Comparison::gt, &ThresholdSpec::gt},
};

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// What is wrong with a bound that is met, or missed, by whatever is measured; empty when it decides something.
std::string_view why_foregone(MetricKind kind, Comparison comparison, double bound) {
    if (bound == 0 && comparison == Comparison::lt) { return "is met by nothing: no value is below 0"; }
    if (bound == 0 && comparison == Comparison::ge) { return "is met by everything: no value is below 0"; }
    bool const is_share = kind == MetricKind::ratio || kind == MetricKind::recovered;
    if (!is_share || bound < 1) { return ""; }
    bool const is_above_all = bound > 1;
    switch (comparison) {
        case Comparison::gt: return "is met by nothing: a share is at most 100%";
        case Comparison::le: return "is met by everything: a share is at most 100%";
        case Comparison::ge: return is_above_all ? "is met by nothing: a share is at most 100%" : "";
        case Comparison::lt: return is_above_all ? "is met by everything: a share is at most 100%" : "";
    }
    return "";
}

// Reads one threshold after the other and notes everything that is wrong with it.
class ThresholdReader {
public:
    explicit ThresholdReader(KnownPlaces const& known) : known_(known) {}

    void add(ThresholdSpec const& spec) {
        field_ = "thresholds[" + std::to_string(index_++) + "]";
        std::size_t const before = problems_.size();
        Threshold threshold;
        threshold.abort_after = time_of(spec.abort_after, ".abort_after");
        threshold.severity = severity_of(spec.severity);
        threshold.where = {place_of(spec.phase, known_.phases, "phase"), place_of(spec.link, known_.links, "link")};
        threshold.metric = metric_of(spec.metric);
        if (threshold.metric == nullptr) { return; }
        if (!spec.link.empty() && !has_links(threshold.metric->kind)) {
            complain(".link", spec.metric + " is of no link: take it out");
        }
        threshold.aggregation = aggregation_of(spec.agg, *threshold.metric);
        read_bound_of(spec, threshold);
        threshold.within = within_of(spec.within, *threshold.metric);
        threshold.text = text_of(spec);
        if (problems_.size() == before) { thresholds_.push_back(std::move(threshold)); }
    }
    [[nodiscard]] Problems const& problems() const { return problems_; }
    [[nodiscard]] std::vector<Threshold> const& thresholds() const { return thresholds_; }

private:
    void complain(std::string_view part, std::string sentence) {
        problems_.push_back(Problem{field_ + std::string(part), std::move(sentence)});
    }

    std::optional<Duration> time_of(std::string const& text, std::string_view part) {
        if (text.empty()) { return std::nullopt; }
        auto const time = read_duration(text);
        if (!time || *time <= Duration::zero()) {
            complain(part, quoted(text) + " is not a time above zero: write a number and ms, s, m or h");
            return std::nullopt;
        }
        return time;
    }

    Severity severity_of(std::string const& text) {
        if (!text.empty() && text != "must" && text != "should") {
            complain(".severity", quoted(text) + " is not a severity: write must or should");
        }
        return text == "should" ? Severity::should : Severity::must;
    }

    std::string place_of(std::string const& name, std::vector<std::string_view> const& known, std::string const& kind) {
        if (!name.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
            complain("." + kind, "there is no " + kind + " " + quoted(name) + did_you_mean(name, known));
        }
        return name;
    }

    Metric const* metric_of(std::string const& name) {
        Metric const* const metric = find_metric(name);
        if (metric == nullptr) {
            std::vector<std::string_view> names;
            for (Metric const& one : all_metrics()) { names.push_back(one.name); }
            complain(".metric", "there is no metric " + quoted(name) + did_you_mean(name, names));
        }
        return metric;
    }

    Aggregation aggregation_of(std::string const& word, Metric const& metric) {
        auto const aggregation = word.empty() ? usual_aggregation(metric.kind) : read_aggregation(word);
        std::string const choice = std::string(fitting_aggregations(metric.kind));
        if (!aggregation) {
            complain(".agg", word.empty() ? "say which value of " + std::string(metric.name) + " counts: " + choice
                                          : quoted(word) + " is not an aggregation: write " + choice);
        } else if (!fits(metric.kind, *aggregation)) {
            complain(".agg", quoted(word) + " does not fit " + std::string(metric.name) + ": write " + choice);
        }
        return aggregation.value_or(Aggregation{});
    }

    void read_bound_of(ThresholdSpec const& spec, Threshold& threshold) {
        auto const is_given = [&](Side const& side) { return !(spec.*side.text).empty(); };
        if (std::count_if(k_sides.begin(), k_sides.end(), is_given) != 1) {
            complain("", "write one of le, ge, lt and gt, with " + std::string(bound_example(threshold.metric->kind)));
            return;
        }
        Side const& side = *std::find_if(k_sides.begin(), k_sides.end(), is_given);
        auto const bound = read_bound(threshold.metric->kind, spec.*side.text);
        if (!bound) {
            complain("." + std::string(side.name), quoted(spec.*side.text) + " does not fit " +
                                                       std::string(threshold.metric->name) + ": write " +
                                                       std::string(bound_example(threshold.metric->kind)));
        }
        threshold.comparison = side.comparison;
        threshold.bound = bound.value_or(0);
        if (!bound) { return; }
        std::string_view const foregone = why_foregone(threshold.metric->kind, side.comparison, *bound);
        if (!foregone.empty()) {
            complain("." + std::string(side.name), quoted(spec.*side.text) + " " + std::string(foregone));
        }
    }

    std::optional<Duration> within_of(std::string const& text, Metric const& metric) {
        auto const within = time_of(text, ".within");
        if (within && metric.kind != MetricKind::recovered) {
            complain(".within", std::string(metric.name) + " knows no within: take it out");
        }
        if (within && *within > Histogram::k_greatest) {
            complain(".within", "times are kept up to an hour: write less");
        }
        return within;
    }

    static std::string text_of(ThresholdSpec const& spec) {
        std::string text = spec.metric;
        if (!spec.agg.empty()) { text += " " + spec.agg; }
        if (!spec.within.empty()) { text += " within " + spec.within; }
        for (Side const& side : k_sides) {
            if (!(spec.*side.text).empty()) { text += " " + std::string(side.name) + " " + spec.*side.text; }
        }
        if (!spec.phase.empty()) { text += " in " + spec.phase; }
        if (!spec.link.empty()) { text += " over " + spec.link; }
        return text;
    }

    KnownPlaces const& known_;
    std::size_t index_ = 0;
    std::string field_;
    Problems problems_;
    std::vector<Threshold> thresholds_;
};

bool holds(Comparison comparison, double value, double bound) {
    switch (comparison) {
        case Comparison::le: return value <= bound;
        case Comparison::ge: return value >= bound;
        case Comparison::lt: return value < bound;
        case Comparison::gt: return value > bound;
    }
    return false;
}

bool is_about_the_generator(Threshold const& threshold) {
    return threshold.metric->kind == MetricKind::times && threshold.metric->latency == Latency::generator_late;
}

// The bound that holds when the scenario says nothing about its generator.
Threshold usual_generator_threshold() {
    Threshold threshold;
    threshold.metric = find_metric("generator.late");
    threshold.aggregation = Aggregation{Aggregation::Kind::percentile, 99};
    threshold.bound = static_cast<double>(k_generator_late_p99_max.count());
    threshold.text = "generator.late p99 le 1ms";
    return threshold;
}

std::string sentence_of(Finding const& finding) { return finding.threshold.text + ": observed " + finding.observed; }

}  // namespace

checked<std::vector<Threshold>> read_thresholds(std::vector<ThresholdSpec> const& specs, KnownPlaces const& known) {
    ThresholdReader reader(known);
    for (ThresholdSpec const& spec : specs) { reader.add(spec); }
    if (!reader.problems().empty()) { return reader.problems(); }
    return reader.thresholds();
}

Finding evaluate(Threshold const& threshold, Summary const& summary) {
    auto const observed = observe(*threshold.metric, threshold.aggregation, threshold.within, summary, threshold.where);
    if (!observed) { return {threshold, Outcome::no_data, "nothing"}; }
    bool const is_passed = holds(threshold.comparison, observed->value, threshold.bound);
    return {threshold, is_passed ? Outcome::passed : Outcome::failed, observed->text};
}

Evaluation evaluate(std::vector<Threshold> const& thresholds, Summary const& summary) {
    Evaluation evaluation{RunVerdict::pass, {}, {}};
    auto const worsen = [&](RunVerdict verdict, Finding const& finding) {
        if (verdict <= evaluation.verdict) { return; }
        evaluation.verdict = verdict;
        evaluation.sentence = sentence_of(finding);
    };
    auto all = thresholds;
    if (std::none_of(all.begin(), all.end(), is_about_the_generator)) { all.push_back(usual_generator_threshold()); }
    for (Threshold const& threshold : all) {
        Finding const finding = evaluate(threshold, summary);
        evaluation.findings.push_back(finding);
        if (finding.outcome == Outcome::passed) { continue; }
        if (is_about_the_generator(threshold)) {
            worsen(RunVerdict::inconclusive, finding);
        } else {
            worsen(threshold.severity == Severity::must ? RunVerdict::fail : RunVerdict::non_strict, finding);
        }
    }
    return evaluation;
}

std::span<Counter const> wrong_answers() {
    static constexpr std::array k_wrong{Counter::auth_refused_wrongly, Counter::auth_accepted_wrongly,
                                        Counter::claim_wrong_org,      Counter::cut_off_missing,
                                        Counter::bad_device_kept,      Counter::protocol_broken};
    return k_wrong;
}

bool has_wrong_answers(Summary const& summary) {
    return std::ranges::any_of(wrong_answers(), [&](Counter one) { return summary.count(one) != 0; });
}

AbortWatch::AbortWatch(std::vector<Threshold> const& thresholds) {
    for (Threshold const& threshold : thresholds) {
        if (threshold.abort_after) { watched_.push_back(Watched{threshold, std::nullopt}); }
    }
}

std::optional<Finding> AbortWatch::look(Duration since_begin, Summary const& summary) {
    std::optional<Finding> found;
    for (Watched& watched : watched_) {
        Finding finding = evaluate(watched.threshold, summary);
        // Nothing measured yet is no failure: the phase that measures it may still come.
        if (finding.outcome != Outcome::failed) {
            watched.failing_since.reset();
            continue;
        }
        if (!watched.failing_since) { watched.failing_since = since_begin; }
        bool const is_over = since_begin - *watched.failing_since >= *watched.threshold.abort_after;
        if (is_over && !found) { found = std::move(finding); }
    }
    return found;
}

}  // namespace drydock::load
