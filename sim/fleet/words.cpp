#include "sim/fleet/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

namespace drydock::load {

namespace {

constexpr std::int64_t k_million = 1'000'000;
constexpr std::int64_t k_whole_max = 1'000'000'000;
constexpr unsigned k_decimals_max = 6;

struct Unit {
    std::string_view name;
    Duration length;
};

constexpr std::array k_units{
    Unit{"ns", std::chrono::nanoseconds(1)},  Unit{"us", std::chrono::microseconds(1)},
    Unit{"ms", std::chrono::milliseconds(1)}, Unit{"s", std::chrono::seconds(1)},
    Unit{"m", std::chrono::minutes(1)},       Unit{"min", std::chrono::minutes(1)},
    Unit{"h", std::chrono::hours(1)},         Unit{"d", std::chrono::hours(24)},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Duration> unit_of(std::string_view name) {
    auto const found =
        std::find_if(k_units.begin(), k_units.end(), [&](Unit const& unit) { return unit.name == name; });
    return found == k_units.end() ? std::nullopt : std::optional(found->length);
}

// How many letters have to be changed, added or taken away: Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) { row[j] = j; }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t const replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

}  // namespace

std::optional<Leading> read_number(std::string_view text) {
    bool const is_negative = text.starts_with('-');
    if (is_negative) { text.remove_prefix(1); }
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits) {
        value = value * 10 + (text.front() - '0');
        if (value >= k_whole_max) { return std::nullopt; }
    }
    if (digits == 0) { return std::nullopt; }
    value *= k_million;
    if (text.size() > 1 && text[0] == '.' && is_digit(text[1])) {
        text.remove_prefix(1);
        std::int64_t scale = k_million;
        for (unsigned decimals = 0; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
            if (++decimals > k_decimals_max) { return std::nullopt; }
            scale /= 10;
            value += scale * (text.front() - '0');
        }
    }
    return Leading{is_negative ? -value : value, text};
}

std::optional<Duration> read_duration(std::string_view text) {
    auto const number = read_number(text);
    if (!number) { return std::nullopt; }
    auto const unit = unit_of(number->rest);
    if (!unit) { return std::nullopt; }
    Wide const ns = Wide{number->millionths} * unit->count() / k_million;
    if (ns > std::numeric_limits<Duration::rep>::max() || ns < std::numeric_limits<Duration::rep>::min()) {
        return std::nullopt;
    }
    return Duration(static_cast<Duration::rep>(ns));
}

std::optional<Rate> read_rate(std::string_view text) {
    auto const number = read_number(text);
    if (!number || !number->rest.starts_with('/')) { return std::nullopt; }
    auto const unit = unit_of(number->rest.substr(1));
    if (!unit || *unit < std::chrono::seconds(1) || *unit > std::chrono::hours(1)) { return std::nullopt; }
    return Rate{number->millionths * (std::chrono::hours(1) / *unit)};
}

std::optional<std::uint64_t> read_count(std::string_view text) {
    auto const number = read_number(text);
    if (!number || !number->rest.empty() || text.starts_with('-')) { return std::nullopt; }
    if (text.find('.') != std::string_view::npos) { return std::nullopt; }
    return static_cast<std::uint64_t>(number->millionths / k_million);
}

bool is_plain_name(std::string_view text) {
    auto const is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    auto const is_plain = [&](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; };
    return !text.empty() && text.size() <= 64 && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), is_plain);
}

std::string print(Duration duration) {
    auto const ns = static_cast<double>(duration.count());
    double const size = std::abs(ns);
    auto const in = [&](double unit, char const* name) {
        std::array<char, 48> text{};
        std::snprintf(text.data(), text.size(), "%.4g %s", ns / unit, name);
        return std::string(text.data());
    };
    if (size < 999.95e3) { return in(1e3, "us"); }
    if (size < 999.95e6) { return in(1e6, "ms"); }
    return size < 9999.5e9 ? in(1e9, "s") : in(3600e9, "h");
}

std::string print_share(double share) {
    constexpr int k_digits = 4;
    constexpr int k_digits_max = 15;
    std::string text;
    for (int digits = k_digits; digits <= k_digits_max; ++digits) {
        std::array<char, 64> number{};
        std::snprintf(number.data(), number.size(), "%.*g", digits, share * 100);
        text = number.data();
        if (share >= 1 || text != "100") { break; }
    }
    return text + " %";
}

std::string did_you_mean(std::string_view word, std::vector<std::string_view> const& known) {
    std::string_view best;
    std::size_t nearest = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (std::string_view candidate : known) {
        if (word.size() > 64 || candidate.size() > 64) { continue; }
        std::size_t const away = distance(word, candidate);
        if (away < nearest) {
            nearest = away;
            best = candidate;
        }
    }
    return best.empty() ? std::string() : ": did you mean '" + std::string(best) + "'?";
}

}  // namespace drydock::load
