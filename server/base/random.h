// Repeatable chance: the same seed gives the same numbers on every compiler and machine
// (xoshiro256**). Not for secrets: those come from Entropy.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace drydock {

struct Seed {
    std::uint64_t value = 1;
};

class Random {
public:
    explicit Random(Seed seed);
    [[nodiscard]] std::uint64_t next();
    // 0 .. bound-1, without bias. `bound` must not be zero.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    // True with the probability `numerator` in `denominator`.
    [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator);
    // A generator of its own for a named part, so that one part's draws never shift another's.
    [[nodiscard]] Random fork(std::string_view name) const;

private:
    std::array<std::uint64_t, 4> state_{};
    Seed seed_;
};

// FNV-1a, 64 bit: names to numbers, and the running hash of event logs. Not for secrets.
[[nodiscard]] std::uint64_t fnv1a(std::string_view text, std::uint64_t start = 14695981039346656037ULL);

}  // namespace drydock
