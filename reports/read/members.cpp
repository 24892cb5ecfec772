#include "reports/read/members.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace drydock::report {

namespace {

namespace json = boost::json;

std::string_view kind_of(json::value const& value) {
    switch (value.kind()) {
        case json::kind::null: return "null";
        case json::kind::bool_: return "true or false";
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_: return "a number";
        case json::kind::string: return "text";
        case json::kind::array: return "a list";
        case json::kind::object: return "an object";
    }
    return "something else";
}

[[noreturn]] void refuse(std::string const& where, std::string_view wanted, json::value const& seen) {
    throw BadRecord(where, fmt::format("{} was expected, not {}", wanted, kind_of(seen)));
}

// Keys of a hostile file end up in the message.
std::string shortened(std::string_view key) {
    std::string out;
    for (char c : key.substr(0, 40)) { out += static_cast<unsigned char>(c) < 32 ? '?' : c; }
    return out + (key.size() > 40 ? "..." : "");
}

}  // namespace

std::string text_of(json::value const& value, std::string const& where) {
    if (!value.is_string()) { refuse(where, "text", value); }
    return std::string(value.get_string());
}

double number_of(json::value const& value, std::string const& where, Members::Sign sign) {
    if (!value.is_number()) { refuse(where, "a number", value); }
    auto const number = value.to_number<double>();
    if (!std::isfinite(number)) { throw BadRecord(where, "the number is too great"); }
    if (sign == Members::Sign::from_zero && number < 0) { throw BadRecord(where, "the number is below zero"); }
    return number;
}

std::uint64_t count_of(json::value const& value, std::string const& where, std::uint64_t least) {
    boost::system::error_code failure;
    if (!value.is_number()) { refuse(where, fmt::format("a whole number from {}", least), value); }
    auto const number = value.to_number<std::uint64_t>(failure);
    if (failure || number < least) {
        throw BadRecord(where,
                        fmt::format("a whole number from {} was expected, not {}", least, json::serialize(value)));
    }
    return number;
}

Members::Members(json::value const& value, std::string where) : object_(value.if_object()), where_(std::move(where)) {
    if (object_ == nullptr) { refuse(where_.empty() ? "run.json" : where_, "an object", value); }
}

std::string Members::where(std::string_view name) const {
    return where_.empty() ? std::string(name) : fmt::format("{}.{}", where_, name);
}

bool Members::has(std::string_view name) const { return object_->if_contains(name) != nullptr; }

json::value const& Members::value(std::string_view name) {
    json::value const* const found = object_->if_contains(name);
    if (found == nullptr) { throw BadRecord(where(name), "is missing"); }
    taken_.push_back(name);
    return *found;
}

std::string Members::text(std::string_view name) { return text_of(value(name), where(name)); }

std::string Members::some_text(std::string_view name) {
    std::string out = text(name);
    if (out.empty()) { throw BadRecord(where(name), "is empty"); }
    return out;
}

std::string Members::one_of(std::string_view name, std::vector<std::string_view> const& words) {
    std::string out = text(name);
    if (std::find(words.begin(), words.end(), out) == words.end()) {
        throw BadRecord(where(name), fmt::format("'{}' is none of {}", shortened(out), fmt::join(words, ", ")));
    }
    return out;
}

Verdict Members::verdict(std::span<Verdict const> known) {
    std::vector<std::string_view> words;
    for (Verdict const one : known) { words.push_back(to_text(one)); }
    std::string const word = one_of("verdict", words);
    return *std::find_if(known.begin(), known.end(), [&](Verdict one) { return to_text(one) == word; });
}

std::optional<double> Members::number_if_there(std::string_view name, Sign sign) {
    return has(name) ? std::optional(number(name, sign)) : std::nullopt;
}

double Members::number(std::string_view name, Sign sign) { return number_of(value(name), where(name), sign); }

std::uint64_t Members::count(std::string_view name, std::uint64_t least) {
    return count_of(value(name), where(name), least);
}

bool Members::flag(std::string_view name) {
    json::value const& found = value(name);
    if (!found.is_bool()) { refuse(where(name), "true or false", found); }
    return found.get_bool();
}

json::array const& Members::list(std::string_view name) {
    json::value const& found = value(name);
    if (!found.is_array()) { refuse(where(name), "a list", found); }
    if (found.get_array().size() > k_items_max) { throw BadRecord(where(name), "the list is too long"); }
    return found.get_array();
}

json::object const& Members::object(std::string_view name) {
    json::value const& found = value(name);
    if (!found.is_object()) { refuse(where(name), "an object", found); }
    return found.get_object();
}

void Members::end() const {
    if (object_->size() == taken_.size()) { return; }
    for (auto const& member : *object_) {
        if (std::find(taken_.begin(), taken_.end(), std::string_view(member.key())) == taken_.end()) {
            throw BadRecord(where(shortened(member.key())), "this version of drydock knows no such member");
        }
    }
}

}  // namespace drydock::report
