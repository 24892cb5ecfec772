// The small texts of a load plan: decimals, durations ("90s"), rates ("20/s"), and the nearest of
// the known words. Numbers are whole millionths, so that every machine plans the same.
#pragma once

#include "server/base/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::load {

// Whole numbers twice as wide: products of rates and nanoseconds need them.
__extension__ typedef __int128 Wide;

struct Rate {
    std::int64_t micro_per_hour = 0;  // so that arrivals per second, minute and hour are all exact

    [[nodiscard]] static constexpr Rate per_second(std::int64_t count) { return Rate{count * 3'600'000'000}; }
    [[nodiscard]] static constexpr Rate per_minute(std::int64_t count) { return Rate{count * 60'000'000}; }
    [[nodiscard]] static constexpr Rate per_hour(std::int64_t count) { return Rate{count * 1'000'000}; }
    friend auto operator<=>(Rate const&, Rate const&) = default;
};

// A number at the beginning of a text, and the text behind it.
struct Leading {
    std::int64_t millionths = 0;
    std::string_view rest;
};

// "-12.5ms" is -12,500,000 millionths and "ms". Nothing without a digit, for more than six decimals
// and for a billion or more.
[[nodiscard]] std::optional<Leading> read_number(std::string_view text);
// Units ns, us, ms, s, m, min, h, d; may be negative.
[[nodiscard]] std::optional<Duration> read_duration(std::string_view text);
// "20/s", "90/min", "1000/h"; may be negative.
[[nodiscard]] std::optional<Rate> read_rate(std::string_view text);
// A whole number without sign.
[[nodiscard]] std::optional<std::uint64_t> read_count(std::string_view text);
// 1 to 64 of a-z, 0-9, '_', '-' and '.', the first a letter: fits every text form without quoting.
[[nodiscard]] bool is_plain_name(std::string_view text);

// "1.23 ms", "90 s": four digits at most, for people.
[[nodiscard]] std::string print(Duration duration);

// "97.5 %", four digits, or as many as it takes to say that something is missing: only all is "100 %".
[[nodiscard]] std::string print_share(double share);

// ": did you mean 'hold'?" for the nearest of the known words, or nothing near: empty.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::vector<std::string_view> const& known);

}  // namespace drydock::load
