#include "rig/benchmark/compare.h"

#include "sim/fleet/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace drydock::rig {

namespace {

constexpr std::size_t k_runs_min = 3;
constexpr std::size_t k_resamplings = 2'000;

std::vector<double> drawn_from(std::vector<double> const& values, Random& random) {
    std::vector<double> drawn(values.size());
    for (double& one : drawn) { one = values[random.below(values.size())]; }
    return drawn;
}

std::string name_of(Sampled const& sampled) {
    std::string name = sampled.name + " " + sampled.server;
    if (sampled.tokens > 0) { name += " with " + std::to_string(sampled.tokens) + " tokens"; }
    name += ": " + std::string(to_text(sampled.measure));
    return sampled.is_share ? name + " of limit" : name;
}

Finding judged(Compared const& row, double margin) {
    bool const is_more_good = is_more_better(row.what.measure);
    bool const is_surely_less = row.high < 1 - margin;
    bool const is_surely_more = row.low > 1 + margin;
    if (row.low >= 1 - margin && row.high <= 1 + margin) { return Finding::same; }
    if (!is_surely_less && !is_surely_more) { return Finding::unclear; }
    return is_surely_more == is_more_good ? Finding::better : Finding::worse;
}

Compared compared(Sampled const& before, Sampled const& after, double margin, Random random) {
    Compared row;
    row.what = after;
    row.before = median(before.values);
    row.after = median(after.values);
    row.ratio = row.after / row.before;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < k_resamplings; ++i) {
        double const below = median(drawn_from(before.values, random));
        ratios.push_back(median(drawn_from(after.values, random)) / below);
    }
    std::sort(ratios.begin(), ratios.end());
    row.low = ratios[k_resamplings * 25 / 1000];
    row.high = ratios[k_resamplings * 975 / 1000 - 1];
    row.finding = judged(row, margin);
    return row;
}

std::string_view word_of(Finding finding) {
    switch (finding) {
        case Finding::same: return "same";
        case Finding::better: return "better";
        case Finding::worse: return "WORSE";
        case Finding::unclear: return "unclear";
    }
    return "";
}

// Seconds as milliseconds where they are few: a p99 of 0.0083 s is 8.3 ms to people.
std::string readable(double value, std::string_view unit) {
    if (unit == "s" && value < 1) { return fmt::format("{:.3g} ms", value * 1e3); }
    if (unit.empty()) { return fmt::format("{:.3f}", value); }
    return value < 1000 ? fmt::format("{:.4g} {}", value, unit) : fmt::format("{:.0f} {}", value, unit);
}

// Times of a histogram's least value were shorter than it can tell.
bool is_measured(Sampled const& sampled) {
    bool const is_time = sampled.measure == Measure::p99 && !sampled.is_share;
    double const least = is_time ? std::chrono::duration<double>(load::Histogram::k_least).count() : 0;
    return std::all_of(sampled.values.begin(), sampled.values.end(), [least](double value) { return value > least; });
}

}  // namespace

bool Comparison::is_worse() const {
    return std::any_of(rows.begin(), rows.end(), [](Compared const& row) { return row.finding == Finding::worse; });
}

Comparison compare(Kept const& before, Kept const& after, double margin, Random random) {
    Comparison comparison;
    bool const is_same_ground = before.machine == after.machine && before.compiler == after.compiler;
    for (Sampled const& now : after.sampled) {
        std::string const name = name_of(now);
        auto const then = std::find_if(before.sampled.begin(), before.sampled.end(),
                                       [&now](Sampled const& one) { return one.is_same_thing(now); });
        if (then == before.sampled.end()) {
            comparison.left_out.push_back({"not in the first file", name});
        } else if (then->values.size() < k_runs_min || now.values.size() < k_runs_min) {
            comparison.left_out.push_back({"fewer than three runs in a file (measure with --runs 3 or more)", name});
        } else if (!is_measured(*then) || !is_measured(now)) {
            comparison.left_out.push_back({"too small to be measured", name});
        } else if (!now.is_share && !is_same_ground) {
            comparison.left_out.push_back({"no share of a limit, and another machine or compiler", name});
        } else {
            // Named, so that one more row changes no other row's draws.
            comparison.rows.push_back(compared(*then, now, margin, random.fork(name)));
        }
    }
    return comparison;
}

std::string compare_table(Comparison const& comparison) {
    std::map<Finding, std::size_t> counts;
    std::size_t longest = 0;
    for (Compared const& row : comparison.rows) {
        ++counts[row.finding];
        longest = std::max(longest, name_of(row.what).size());
    }
    std::string out;
    if (comparison.is_possible()) {
        out += fmt::format("{:<8}{:<{}}  {:>12}  {:>12}   after / before\n", "", "figure", longest, "before", "after");
    }
    // What somebody must look at comes first.
    for (Finding const finding : {Finding::worse, Finding::better, Finding::unclear, Finding::same}) {
        for (Compared const& row : comparison.rows) {
            if (row.finding != finding) { continue; }
            std::string_view const unit = row.what.is_share ? "" : unit_of(row.what.measure);
            out += fmt::format("{:<8}{:<{}}  {:>12}  {:>12}   {:.3f} ({:.3f} to {:.3f})\n", word_of(row.finding),
                               name_of(row.what), longest, readable(row.before, unit), readable(row.after, unit),
                               row.ratio, row.low, row.high);
        }
    }
    for (LeftOut const& one : comparison.left_out) { out += fmt::format("left out, {}: {}\n", one.why, one.name); }
    if (!comparison.is_possible()) { return out; }
    out += fmt::format("\n{} worse, {} better, {} the same", counts[Finding::worse], counts[Finding::better],
                       counts[Finding::same]);
    if (counts[Finding::unclear] > 0) {
        out += fmt::format(", {} unclear: nobody can say from these runs, measure with more --runs",
                           counts[Finding::unclear]);
    }
    return out + "\n";
}

std::string why_left_out(Comparison const& comparison) {
    std::map<std::string, std::size_t> figures;
    for (LeftOut const& one : comparison.left_out) { ++figures[one.why]; }
    std::string out;
    for (auto const& [why, count] : figures) {
        out += fmt::format("{}{}: {} figure{}", out.empty() ? "" : "; ", why, count, count == 1 ? "" : "s");
    }
    return out;
}

}  // namespace drydock::rig
