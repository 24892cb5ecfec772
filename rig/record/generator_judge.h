// Whether the generator of a load run was good enough that its figures say something about the
// server: how busy it was itself, and what the kernel lost on the way. Plain; read by rig/load.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace drydock::rig {

// Of one run. Counters are differences between its end and its beginning.
struct GeneratorFacts {
    std::uint64_t connects = 0;           // begun by the fleet
    std::uint64_t repeated_connects = 0;  // of those: the kernel had to send their request again
    std::uint64_t listen_overflows = 0;   // of the whole machine
    std::uint64_t looks = 0;              // seconds looked at
    std::uint64_t saturated_looks = 0;    // of those: some worker used at least k_saturated of a core
    std::uint64_t machine_full = 0;       // connects that found no descriptor, port or buffer left here
    double busiest = 0;                   // the most of a core that one worker used in a second
    bool has_sockets = false;             // virtual time has no generator that could be late
};

struct GeneratorJudgement {
    bool is_good = true;
    std::string sentence;                      // what was wrong; empty when it is good
    std::map<std::string, std::string> facts;  // what was read, for the record
};

constexpr double k_saturated = 0.9;
// More of the seconds than this and the generator was saturated.
constexpr double k_saturated_share_max = 0.1;
// What the kernel may lose for each connect: more would be seen in the 99.9th percentile.
constexpr double k_lost_share_max = 0.001;

[[nodiscard]] GeneratorJudgement judge(GeneratorFacts const& facts);

}  // namespace drydock::rig
