// Chance for links: draws from the spreads of a profile, by whole numbers only, so that a seed gives
// the same times on every compiler and machine. One generator of eight bytes for each device.
#pragma once

#include "sim/link/profile.h"

#include <cstdint>
#include <functional>

namespace drydock {

// SplitMix64: as good as a link needs, and four times smaller than Random.
class Draws {
public:
    explicit Draws(std::uint64_t seed) : state_(seed) {}
    [[nodiscard]] std::uint64_t next();
    // 0 .. bound-1. The bias is below bound in 2^64. `bound` must not be zero.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);

private:
    std::uint64_t state_;
};

// One time from the spread: log-normal with its p50 and p95, at most a million times above its p50.
[[nodiscard]] Duration draw(Spread const& spread, Draws& draws);

// How much later than its time a burst of bytes arrives because segments of it were lost: zero mostly.
[[nodiscard]] Duration draw_loss(LinkProfile const& profile, std::size_t bytes, Draws& draws);

// Tells `count` round trips and as many attach times of a profile, as its links draw them.
void draw_samples(LinkProfile const& profile, std::uint64_t seed, std::uint64_t count,
                  std::function<void(Duration)> const& round_trip, std::function<void(Duration)> const& attach);

}  // namespace drydock
