#include "rig/benchmark/rate_search.h"

#include <algorithm>

namespace drydock::rig {

namespace {

// The bracket ends at this width, so that repeats stay within ten percent of each other.
constexpr double k_width = 1.03;
constexpr unsigned k_majority = 2;
constexpr unsigned k_settled_max = 40;
constexpr double k_step = 1.15;

}  // namespace

RateSearch::RateSearch(double about, double least) : least_(least), rate_(std::max(about, least)) {}

std::optional<double> RateSearch::next() const {
    if (settled_ >= k_settled_max) { return std::nullopt; }
    if (low_ > 0 && high_ > 0 && high_ <= low_ * k_width) { return std::nullopt; }
    if (high_ > 0 && high_ <= least_) { return std::nullopt; }
    return rate_;
}

void RateSearch::tell(Outcome outcome) {
    ++(outcome == Outcome::met ? met_ : missed_);
    if (met_ >= k_majority || missed_ >= k_majority) { settle(outcome); }
}

void RateSearch::settle(Outcome outcome) {
    (outcome == Outcome::met ? low_ : high_) = rate_;
    met_ = missed_ = 0;
    ++settled_;
    if (low_ > 0 && high_ > 0) {
        rate_ = (low_ + high_) / 2;
    } else if (low_ > 0) {
        rate_ = low_ * k_step;
    } else {
        rate_ = std::max(high_ / k_step, least_);
    }
}

}  // namespace drydock::rig
