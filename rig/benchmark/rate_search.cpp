#include "rig/benchmark/rate_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace drydock::rig {

namespace {

constexpr double k_bracket = 1.06;  // as wide as two steps of the walk
constexpr unsigned k_majority = 2;
constexpr unsigned k_settled_max = 40;
constexpr double k_step = 1.15;
constexpr double k_step_of_the_walk = 1.03;
constexpr unsigned k_steps_towards = 4;
constexpr std::size_t k_quarter = 7;
constexpr std::size_t k_quarters = 4;

double mean(std::span<double const> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

RateSearch::RateSearch(double about, double least) : least_(least), rate_(std::max(about, least)) {}

std::optional<double> RateSearch::next() const {
    if (walk_.size() == k_quarter * k_quarters || settled_ >= k_settled_max) { return std::nullopt; }
    if (high_ > 0 && high_ <= least_) { return std::nullopt; }
    return rate_;
}

void RateSearch::tell(Outcome outcome) {
    if (is_walking_) {
        if (++steps_walked_ > k_steps_towards) { walk_.push_back(rate_); }
        rate_ = outcome == Outcome::met ? rate_ * k_step_of_the_walk : rate_ / k_step_of_the_walk;
        return;
    }
    ++(outcome == Outcome::met ? met_ : missed_);
    if (met_ >= k_majority || missed_ >= k_majority) { settle(outcome); }
}

void RateSearch::settle(Outcome outcome) {
    (outcome == Outcome::met ? low_ : high_) = rate_;
    met_ = missed_ = 0;
    ++settled_;
    is_walking_ = is_narrow();
    if (low_ > 0 && high_ > 0) {
        rate_ = (low_ + high_) / 2;
    } else if (low_ > 0) {
        rate_ = low_ * k_step;
    } else {
        rate_ = std::max(high_ / k_step, least_);
    }
}

bool RateSearch::is_narrow() const { return low_ > 0 && high_ > 0 && high_ <= low_ * k_bracket; }

double RateSearch::rate() const { return walk_.empty() ? low_ : mean(walk_); }
double RateSearch::low() const { return walk_.empty() ? low_ : mean(walk_) - half_interval(); }
double RateSearch::high() const { return walk_.empty() ? high_ : mean(walk_) + half_interval(); }

// Steps follow from each other, means of quarters hardly do: twice the standard error of their mean, and never less
// than half a step.
double RateSearch::half_interval() const {
    double const least = mean(walk_) * (k_step_of_the_walk - 1) / 2;
    if (walk_.size() < k_quarter * k_quarters) { return std::max(least, (high_ - low_) / 2); }
    double sum = 0;
    for (std::size_t i = 0; i < k_quarters; ++i) {
        double const off = mean(std::span(walk_).subspan(i * k_quarter, k_quarter)) - mean(walk_);
        sum += off * off;
    }
    double const error = std::sqrt(sum / (k_quarters - 1) / k_quarters);
    return std::max(least, 2 * error);
}

}  // namespace drydock::rig
