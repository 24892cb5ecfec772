#include "sim/fleet/arrivals.h"

#include "server/base/check.h"

#include <algorithm>
#include <cmath>

namespace drydock::load {

namespace {

constexpr std::uint64_t k_million = 1'000'000;
// Mass is twice the integral of the rate in millionths an hour over nanoseconds: whole for every ramp that ends.
constexpr Wide k_mass_of_a_millionth = Wide{2} * 3'600'000'000'000;
constexpr Wide k_mass_of_one = k_mass_of_a_millionth * k_million;

// What has arrived `at` into the segment, rounded down. Exact: no floating point decides on a due time.
Wide mass_until(Segment const& segment, Wide at) {
    Wide const over = segment.over.count();
    Wide const slope = Wide{segment.to.micro_per_hour} - segment.from.micro_per_hour;
    Wide const twice_the_mean = 2 * Wide{segment.from.micro_per_hour} * over + slope * at;
    return twice_the_mean / over * at + twice_the_mean % over * at / over;
}

// The root of the quadratic in floating point: near, but not the same on every machine.
Wide guess(Segment const& segment, Wide mass) {
    auto const from = static_cast<double>(segment.from.micro_per_hour);
    auto const slope = static_cast<double>(segment.to.micro_per_hour) - from;
    auto const over = static_cast<double>(segment.over.count());
    auto const wanted = static_cast<double>(mass);
    double const speed = from + std::sqrt(std::max(0.0, from * from + slope * wanted / over));
    if (speed <= 0) { return 0; }
    return std::clamp<Wide>(static_cast<Wide>(wanted / speed), 0, segment.over.count());
}

// The first nanosecond by which `mass` has arrived; the last of the segment for what comes in its very end.
Duration time_of(Segment const& segment, Wide mass) {
    Wide const over = segment.over.count();
    Wide low = guess(segment, mass);
    Wide high = low;
    for (Wide step = 1; low > 0 && mass_until(segment, low) >= mass; step *= 2) { low = std::max<Wide>(0, low - step); }
    for (Wide step = 1; high < over && mass_until(segment, high) < mass; step *= 2) {
        high = std::min(over, high + step);
    }
    while (low < high) {
        Wide const middle = (low + high) / 2;
        if (mass_until(segment, middle) >= mass) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return Duration(static_cast<Duration::rep>(std::min(low, over - 1)));
}

}  // namespace

Arrivals Arrivals::constant(Rate rate, Duration over, Spacing spacing) {
    return steps({Segment{rate, rate, over}}, spacing);
}

Arrivals Arrivals::ramp(Segment ramp, Spacing spacing) { return steps({ramp}, spacing); }

Arrivals Arrivals::steps(std::vector<Segment> const& steps, Spacing spacing) {
    Arrivals arrivals;
    Wide mass = 0;
    for (Segment const& step : steps) {
        DRYDOCK_CHECK(step.over > Duration::zero());
        DRYDOCK_CHECK(step.over <= k_over_max - arrivals.over_);
        DRYDOCK_CHECK(step.from >= Rate{} && step.from <= k_rate_max);
        DRYDOCK_CHECK(step.to >= Rate{} && step.to <= k_rate_max);
        mass += mass_until(step, step.over.count());
        arrivals.parts_.push_back(Part{step, mass});
        arrivals.over_ += step.over;
    }
    arrivals.count_ = static_cast<std::uint64_t>(mass / k_mass_of_one);
    arrivals.spacing_ = spacing;
    return arrivals;
}

Arrivals Arrivals::burst(std::uint64_t count, Duration over) {
    Arrivals arrivals = hold(over);
    arrivals.count_ = count;
    return arrivals;
}

Arrivals Arrivals::hold(Duration over) {
    DRYDOCK_CHECK(over > Duration::zero());
    Arrivals arrivals;
    arrivals.over_ = over;
    return arrivals;
}

Duration Arrivals::due_at(std::uint64_t millionths) const {
    DRYDOCK_CHECK(millionths / k_million < count_);
    Wide const mass = k_mass_of_a_millionth * millionths;
    Duration begin{};
    Wide begin_mass = 0;
    for (Part const& part : parts_) {
        // A part that ends with exactly this mass is over: nobody arrives while the rate is zero.
        if (mass < part.end_mass) { return begin + time_of(part.segment, mass - begin_mass); }
        begin += part.segment.over;
        begin_mass = part.end_mass;
    }
    return Duration::zero();
}

ArrivalStream::ArrivalStream(Arrivals arrivals, Seed seed, Shard shard, std::uint64_t first_index)
    : arrivals_(std::move(arrivals)), first_index_(first_index), stride_(shard.of) {
    DRYDOCK_CHECK(shard.index < shard.of);
    DRYDOCK_CHECK(arrivals_.count() <= Arrivals::k_count_max);
    next_ = (shard.index + shard.of - first_index % shard.of) % shard.of;
    if (arrivals_.spacing() == Spacing::even || arrivals_.count() == 0) { return; }
    // Every shard draws the whole plan, so that the shards together are the plan.
    Random random = Random(seed).fork("arrivals");
    std::uint64_t const bound = arrivals_.count() * k_million;
    drawn_.reserve(arrivals_.count());
    for (std::uint64_t i = 0; i < arrivals_.count(); ++i) { drawn_.push_back(random.below(bound)); }
    std::sort(drawn_.begin(), drawn_.end());
    std::size_t kept = 0;
    for (std::uint64_t i = next_; i < drawn_.size(); i += stride_) { drawn_[kept++] = drawn_[i]; }
    drawn_.resize(kept);
    drawn_.shrink_to_fit();
}

std::optional<Due> ArrivalStream::next_due() {
    if (next_ >= arrivals_.count()) { return std::nullopt; }
    std::uint64_t const millionths = drawn_.empty() ? next_ * k_million : drawn_[taken_++];
    Due const due{first_index_ + next_, arrivals_.due_at(millionths)};
    next_ += stride_;
    return due;
}

}  // namespace drydock::load
