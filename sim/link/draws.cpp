#include "sim/link/draws.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace drydock {

namespace {

__extension__ using Wide = unsigned __int128;

// Fixed point: numbers from 1 to 2 have 31 binary places, logarithms 32.
constexpr unsigned k_mantissa_bits = 31;
constexpr unsigned k_log_bits = 32;
constexpr std::size_t k_digits = 24;
constexpr std::int64_t k_doublings_max = 20;

// The sum of twelve even draws is as good as normal between its fifth and its last percent; with 16
// bits each its deviation is 2^16. Its 95 % point lies at 1.6469 of it (a normal one's at 1.6449).
constexpr unsigned k_summands = 12;
constexpr std::int64_t k_sum_middle = k_summands * 65535 / 2;
constexpr std::int64_t k_sum_p95 = 107'931;

// A segment of TCP, and how often in a row one is lost at most.
constexpr std::size_t k_segment_bytes = 1400;
constexpr unsigned k_losses_in_a_row_max = 6;

constexpr std::uint64_t root_of(std::uint64_t square) {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 31U; bit != 0; bit >>= 1U) {
        if ((root | bit) * (root | bit) <= square) { root |= bit; }
    }
    return root;
}

// 2^(1/2), 2^(1/4), 2^(1/8), …
constexpr auto k_roots_of_two = [] {
    std::array<std::uint64_t, k_digits> roots{};
    std::uint64_t last = std::uint64_t{1} << (k_mantissa_bits + 1);
    for (auto& root : roots) {
        last = root_of(last << k_mantissa_bits);
        root = last;
    }
    return roots;
}();

// The logarithm to base 2, digit by digit: squaring doubles it. `value` must not be zero.
std::int64_t log2_of(std::uint64_t value) {
    auto const whole = static_cast<unsigned>(std::bit_width(value)) - 1U;
    std::uint64_t rest =
        whole > k_mantissa_bits ? value >> (whole - k_mantissa_bits) : value << (k_mantissa_bits - whole);
    auto log = static_cast<std::int64_t>(std::uint64_t{whole} << k_log_bits);
    for (unsigned digit = 1; digit <= k_digits; ++digit) {
        rest = (rest * rest) >> k_mantissa_bits;
        if ((rest >> (k_mantissa_bits + 1)) == 0) { continue; }
        rest >>= 1U;
        log += std::int64_t{1} << (k_log_bits - digit);
    }
    return log;
}

// factor * 2^exponent
std::int64_t times_power_of_two(std::int64_t factor, std::int64_t exponent) {
    std::int64_t const whole = exponent >> k_log_bits;
    auto const fraction = static_cast<std::uint64_t>(exponent) & ((std::uint64_t{1} << k_log_bits) - 1);
    std::uint64_t power = std::uint64_t{1} << k_mantissa_bits;
    for (unsigned digit = 1; digit <= k_digits; ++digit) {
        bool const is_set = ((fraction >> (k_log_bits - digit)) & 1U) != 0;
        if (is_set) { power = (power * k_roots_of_two[digit - 1]) >> k_mantissa_bits; }
    }
    Wide const product = Wide{static_cast<std::uint64_t>(factor)} * power;
    auto const shift = static_cast<std::int64_t>(k_mantissa_bits) - whole;
    Wide const shifted = product >> static_cast<unsigned>(shift);
    constexpr auto k_most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min<Wide>(shifted, k_most));
}

}  // namespace

std::uint64_t Draws::next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

std::uint64_t Draws::below(std::uint64_t bound) { return static_cast<std::uint64_t>((Wide{next()} * bound) >> 64U); }

Duration draw(Spread const& spread, Draws& draws) {
    if (spread.p95 <= Duration::zero()) { return std::max(spread.p50, Duration::zero()); }
    if (spread.p50 >= spread.p95) { return spread.p50; }
    std::int64_t sum = 0;
    for (unsigned words = 0; words < k_summands / 4; ++words) {
        std::uint64_t const word = draws.next();
        for (unsigned part = 0; part < 4; ++part) { sum += static_cast<std::int64_t>((word >> (16 * part)) & 0xffffU); }
    }
    std::int64_t const middle = std::max<std::int64_t>(spread.p50.count(), 1);
    auto const tail =
        log2_of(static_cast<std::uint64_t>(spread.p95.count())) - log2_of(static_cast<std::uint64_t>(middle));
    constexpr std::int64_t k_most = k_doublings_max << k_log_bits;
    std::int64_t const exponent = std::clamp(tail * (sum - k_sum_middle) / k_sum_p95, -k_most, k_most);
    return Duration(times_power_of_two(middle, exponent));
}

Duration draw_loss(LinkProfile const& profile, std::size_t bytes, Draws& draws) {
    if (profile.loss_millionths == 0) { return {}; }
    // What is lost is sent again after `retransmit`, then after twice that, and so on. Segments of one
    // burst wait for their repetition side by side.
    unsigned worst = 0;
    for (std::size_t begin = 0; begin < std::max<std::size_t>(bytes, 1); begin += k_segment_bytes) {
        unsigned losses = 0;
        while (losses < k_losses_in_a_row_max && draws.below(1'000'000) < profile.loss_millionths) { ++losses; }
        worst = std::max(worst, losses);
    }
    return profile.retransmit * ((1U << worst) - 1U);
}

void draw_samples(LinkProfile const& profile, std::uint64_t seed, std::uint64_t count,
                  std::function<void(Duration)> const& round_trip, std::function<void(Duration)> const& attach) {
    Draws draws(seed);
    for (std::uint64_t sample = 0; sample < count; ++sample) {
        round_trip(draw(profile.round_trip, draws));
        attach(draw(profile.attach, draws));
    }
}

}  // namespace drydock
