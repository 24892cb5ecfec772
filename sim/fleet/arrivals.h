// When devices arrive: absolute due times that follow from a plan and a seed alone, so that a late
// generator catches up instead of shifting the plan. Arrival k is due when the integral of the
// rate reaches k; the plan's count is that integral over the whole time, without the fraction.
#pragma once

#include "server/base/random.h"
#include "sim/fleet/words.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace drydock::load {

// The rate goes straight from one to the other.
struct Segment {
    Rate from;
    Rate to;
    Duration over{};
};

// Poisson spacing draws the times of a Poisson process given that it has exactly the plan's count:
// gaps are as irregular as in the field, and the arrivals still add up to the population.
enum class Spacing { even, poisson };

class Arrivals {
public:
    static constexpr Rate k_rate_max = Rate::per_second(1'000'000);
    static constexpr Duration k_over_max = std::chrono::hours(7 * 24);
    static constexpr std::uint64_t k_count_max = 100'000'000;

    // Rates from 0 to k_rate_max, each time above zero and up to k_over_max in all.
    [[nodiscard]] static Arrivals constant(Rate rate, Duration over, Spacing spacing = Spacing::even);
    [[nodiscard]] static Arrivals ramp(Segment ramp, Spacing spacing = Spacing::even);
    [[nodiscard]] static Arrivals steps(std::vector<Segment> const& steps, Spacing spacing = Spacing::even);
    // All at the beginning.
    [[nodiscard]] static Arrivals burst(std::uint64_t count, Duration over);
    // Nobody arrives: those who are there stay.
    [[nodiscard]] static Arrivals hold(Duration over);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] Duration over() const { return over_; }
    [[nodiscard]] Spacing spacing() const { return spacing_; }
    // When the integral of the rate reaches `millionths` of an arrival, which must be below count().
    [[nodiscard]] Duration due_at(std::uint64_t millionths) const;

private:
    struct Part {
        Segment segment;
        Wide end_mass = 0;  // of this part and all before it
    };

    std::vector<Part> parts_;  // none for bursts and holds: everything is due at the beginning
    std::uint64_t count_ = 0;
    Duration over_{};
    Spacing spacing_ = Spacing::even;
};

// One worker of several: it takes the arrivals whose index leaves `index` when divided by `of`.
struct Shard {
    std::uint64_t index = 0;
    std::uint64_t of = 1;
};

struct Due {
    std::uint64_t index = 0;  // of the arrival in the whole plan, whatever the shard
    Duration at{};

    friend bool operator==(Due const&, Due const&) = default;
};

// The due times of one shard in order. Poisson plans hold eight bytes for each arrival of the plan
// while the stream is made, and for each of the shard's afterwards; others hold nothing.
class ArrivalStream {
public:
    ArrivalStream(Arrivals arrivals, Seed seed, Shard shard = {}, std::uint64_t first_index = 0);

    // Nothing when all have arrived.
    [[nodiscard]] std::optional<Due> next_due();

private:
    Arrivals arrivals_;
    std::vector<std::uint64_t> drawn_;  // millionths, of this shard only
    std::size_t taken_ = 0;
    std::uint64_t next_ = 0;  // counted from the beginning of these arrivals
    std::uint64_t first_index_ = 0;
    std::uint64_t stride_ = 1;
};

}  // namespace drydock::load
