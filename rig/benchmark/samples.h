// What is kept of a benchmark: for each case, server and measure the values of its runs, as shares
// of the limit of the same minutes wherever there is one. Plain data.
#pragma once

#include "rig/benchmark/auth.h"

#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

struct Sampled {
    std::string name;  // of the case
    std::string server;
    std::uint64_t tokens = 0;
    Measure measure = Measure::rate;
    bool is_share = false;  // of the limit; else in the measure's own unit
    std::vector<double> values;

    [[nodiscard]] bool is_same_thing(Sampled const& other) const {
        return name == other.name && server == other.server && tokens == other.tokens && measure == other.measure &&
               is_share == other.is_share;
    }
};

struct Kept {
    std::string machine;
    std::string compiler;
    std::string commit;
    std::vector<Sampled> sampled;
};

[[nodiscard]] double median(std::vector<double> values);
// Rates per second, times in seconds, CPU in microseconds for each login, memory in bytes for each connection.
[[nodiscard]] double value_of(AuthRun const& run, Measure measure);
[[nodiscard]] AuthResult const* find_result(AuthReport const& report, std::string_view name, std::string_view server,
                                            std::uint64_t tokens = 0);
// Run by run, in the same minutes: what the machine did meanwhile happened to both. Empty without `of`.
[[nodiscard]] std::vector<double> paired_ratios(AuthResult const& result, AuthResult const* of, Measure measure);
[[nodiscard]] std::vector<Sampled> samples_of(AuthReport const& report);

}  // namespace drydock::rig
