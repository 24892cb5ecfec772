#include "rig/benchmark/rate_search.h"

#include <algorithm>

namespace drydock::rig {

namespace {

// The bracket ends at this width, so that repeats stay within ten percent of each other.
constexpr double k_width = 1.03;
constexpr unsigned k_majority = 2;
constexpr unsigned k_majority_at_the_ends = 3;
constexpr unsigned k_settled_max = 40;
constexpr double k_step = 1.15;
constexpr double k_step_from_an_end = 1.05;

}  // namespace

RateSearch::RateSearch(double about, double least) : least_(least), rate_(std::max(about, least)), step_(k_step) {}

std::optional<double> RateSearch::next() const {
    if (stage_ == Stage::done || settled_ >= k_settled_max) { return std::nullopt; }
    if (high_ > 0 && high_ <= least_) { return std::nullopt; }
    return rate_;
}

void RateSearch::tell(Outcome outcome) {
    ++(outcome == Outcome::met ? met_ : missed_);
    unsigned const majority = stage_ == Stage::searching ? k_majority : k_majority_at_the_ends;
    if (met_ >= majority || missed_ >= majority) { settle(outcome); }
}

void RateSearch::settle(Outcome outcome) {
    met_ = missed_ = 0;
    ++settled_;
    if (stage_ == Stage::searching) { return narrow(outcome); }
    bool const is_met = outcome == Outcome::met;
    if (stage_ == Stage::asking_high_again && !is_met) {
        stage_ = Stage::asking_low_again;
        rate_ = low_;
    } else if (stage_ == Stage::asking_low_again && is_met) {
        stage_ = Stage::done;
    } else {
        (is_met ? low_ : high_) = rate_;
        (is_met ? high_ : low_) = 0;
        stage_ = Stage::searching;
        step_ = k_step_from_an_end;
        step();
    }
}

void RateSearch::narrow(Outcome outcome) {
    (outcome == Outcome::met ? low_ : high_) = rate_;
    if (is_narrow()) {
        stage_ = Stage::asking_high_again;
        rate_ = high_;
    } else {
        step();
    }
}

void RateSearch::step() {
    if (low_ > 0 && high_ > 0) {
        rate_ = (low_ + high_) / 2;
    } else if (low_ > 0) {
        rate_ = low_ * step_;
    } else {
        rate_ = std::max(high_ / step_, least_);
    }
}

bool RateSearch::is_narrow() const { return low_ > 0 && high_ > 0 && high_ <= low_ * k_width; }

}  // namespace drydock::rig
