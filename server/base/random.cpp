#include "server/base/random.h"

#include "server/base/check.h"

#include <bit>

namespace drydock {

namespace {

std::uint64_t split_mix(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

}  // namespace

Random::Random(Seed seed) : seed_(seed) {
    std::uint64_t state = seed.value;
    for (auto& word : state_) { word = split_mix(state); }
}

std::uint64_t Random::next() {
    std::uint64_t const drawn = std::rotl(state_[1] * 5, 7) * 9;
    std::uint64_t const shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return drawn;
}

std::uint64_t Random::below(std::uint64_t bound) {
    DRYDOCK_CHECK(bound != 0);
    // Draws in the incomplete last stretch of the range are thrown away: no bias.
    std::uint64_t const threshold = (0 - bound) % bound;
    for (;;) {
        std::uint64_t const drawn = next();
        if (drawn >= threshold) { return drawn % bound; }
    }
}

bool Random::chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }

Random Random::fork(std::string_view name) const { return Random(Seed{fnv1a(name, seed_.value ^ 0x5bd1e995U)}); }

std::uint64_t fnv1a(std::string_view text, std::uint64_t start) {
    std::uint64_t hash = start;
    for (char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ULL;
    }
    return hash;
}

}  // namespace drydock
