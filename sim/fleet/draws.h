// Repeatable chance for many devices: a draw is a function of the seed, the device's index and how
// often it drew before, so that a device costs four bytes of state and shards split a plan exactly.
#pragma once

#include <cstdint>

namespace drydock::load {

// The end of SplitMix64: every bit of the answer hangs on every bit of the number.
[[nodiscard]] constexpr std::uint64_t scramble(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

[[nodiscard]] constexpr std::uint64_t draw_of(std::uint64_t seed, std::uint64_t index, std::uint64_t turn) {
    return scramble(scramble(seed + index * 0x9e3779b97f4a7c15ULL) + turn * 0xd1342543de82ef95ULL);
}

// 0 .. bound-1; 0 for a bound of 0.
[[nodiscard]] constexpr std::uint64_t scaled(std::uint64_t draw, std::uint64_t bound) {
    std::uint64_t const high = (draw >> 32U) * (bound >> 32U);
    std::uint64_t const one = (draw >> 32U) * (bound & 0xffffffffU);
    std::uint64_t const other = (draw & 0xffffffffU) * (bound >> 32U);
    std::uint64_t const low = (draw & 0xffffffffU) * (bound & 0xffffffffU);
    return high + (one >> 32U) + (other >> 32U) + (((one & 0xffffffffU) + (other & 0xffffffffU) + (low >> 32U)) >> 32U);
}

}  // namespace drydock::load
