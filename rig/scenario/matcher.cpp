#include "rig/scenario/matcher.h"

#include "rig/scenario/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>

namespace drydock::rig {

namespace {

// The library's reader of expressions recurses: a long row of brackets would use up the stack.
constexpr std::size_t k_pattern_bytes_max = 256;

struct Operator {
    std::string_view name;
    std::string_view words;  // before what is wanted; a failure is told to people who never saw the name
};
constexpr std::array k_operators{Operator{"ne", "not"},
                                 Operator{"lt", "less than"},
                                 Operator{"le", "at most"},
                                 Operator{"gt", "more than"},
                                 Operator{"ge", "at least"},
                                 Operator{"matches", "text that matches"},
                                 Operator{"contains", "text that contains"},
                                 Operator{"one_of", "one of"},
                                 Operator{"absent", "absent"},
                                 Operator{"len", "of length"}};

auto find_operator(std::string_view name) {
    return std::find_if(k_operators.begin(), k_operators.end(), [name](Operator one) { return one.name == name; });
}

std::optional<double> measure(std::string_view text) {
    if (auto const duration = parse_duration(text)) { return static_cast<double>(duration->count()); }
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
    return value;
}

bool is_equal(std::string const& wanted, std::string const& seen) {
    if (wanted == seen) { return true; }
    auto const a = measure(wanted);
    auto const b = measure(seen);
    return a && b && *a == *b;
}

bool is_ordered(std::string_view name, std::string const& wanted, std::string const& seen) {
    auto const limit = measure(wanted);
    auto const value = measure(seen);
    if (!limit || !value) { return false; }
    if (name == "lt") { return *value < *limit; }
    if (name == "le") { return *value <= *limit; }
    if (name == "gt") { return *value > *limit; }
    return *value >= *limit;
}

bool applies(std::string_view name, Value const& wanted, std::string const& seen) {
    if (name == "one_of") {
        auto const* list = wanted.list();
        return list != nullptr && std::any_of(list->begin(), list->end(), [&](Value const& item) {
                   return item.text() != nullptr && is_equal(*item.text(), seen);
               });
    }
    if (wanted.text() == nullptr) { return false; }
    std::string const& text = *wanted.text();
    if (name == "ne") { return !is_equal(text, seen); }
    if (name == "contains") { return seen.find(text) != std::string::npos; }
    if (name == "len") { return is_equal(text, std::to_string(seen.size())); }
    if (name == "matches") {
        return is_pattern(text) && std::regex_search(seen, std::regex(text, std::regex::ECMAScript));
    }
    return is_ordered(name, text, seen);
}

std::string shown(Value const& value) {
    if (auto const* text = value.text()) { return *text; }
    std::string out;
    if (auto const* list = value.list()) {
        for (Value const& item : *list) { out += (out.empty() ? "" : ", ") + shown(item); }
    }
    return out;
}

}  // namespace

bool is_operator(std::string_view name) { return find_operator(name) != k_operators.end(); }

bool is_pattern(std::string const& text) {
    if (text.size() > k_pattern_bytes_max) { return false; }
    try {
        std::regex const pattern(text, std::regex::ECMAScript);
        return true;
    } catch (std::regex_error const&) { return false; }
}

MatchResult matches(Value const& matcher, std::optional<std::string> const& observed) {
    MatchResult result;
    if (auto const* wanted = matcher.text()) {
        result.expected = *wanted;
        result.wish = "should be " + *wanted;
        result.ok = observed ? is_equal(*wanted, *observed) : *wanted == "absent";
        return result;
    }
    auto const* map = matcher.map();
    if (map == nullptr || map->size() != 1) { return result; }
    auto const& [name, wanted] = map->front();
    auto const known = find_operator(name);
    if (known == k_operators.end()) { return result; }
    result.expected = std::string(known->words) + " " + shown(wanted);
    result.wish = name == "ne" ? "should not be " + shown(wanted) : "should be " + result.expected;
    if (name == "absent") {
        bool const wants_absence = wanted.text() == nullptr || *wanted.text() != "false";
        result.expected = wants_absence ? "absent" : "there";
        result.wish = "should be " + result.expected;
        result.ok = observed.has_value() != wants_absence;
        return result;
    }
    result.ok = observed && applies(name, wanted, *observed);
    return result;
}

std::optional<Duration> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0 || number > 1'000'000'000) { return std::nullopt; }
    std::string_view const unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (unit == "ms") { return std::chrono::milliseconds(number); }
    if (unit == "s") { return std::chrono::seconds(number); }
    if (unit == "m" && number < 100'000) { return std::chrono::minutes(number); }
    if (unit == "h" && number < 10'000) { return std::chrono::hours(number); }
    return std::nullopt;
}

}  // namespace drydock::rig
