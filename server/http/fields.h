// Members of a JSON body and ids in texts, with their types and bounds.
#pragma once

#include <boost/json/object.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

// Nothing when absent, no text, empty, or over the bound.
[[nodiscard]] inline std::optional<std::string> text_in(boost::json::object const& body, std::string_view name,
                                                        std::size_t bytes_max) {
    auto const* found = body.if_contains(name);
    if (found == nullptr || !found->is_string()) { return std::nullopt; }
    auto const& text = found->as_string();
    if (text.empty() || text.size() > bytes_max) { return std::nullopt; }
    return std::string(text);
}

// Nothing when absent or no whole number above zero.
[[nodiscard]] inline std::optional<std::uint64_t> number_in(boost::json::object const& body, std::string_view name) {
    auto const* found = body.if_contains(name);
    if (found == nullptr) { return std::nullopt; }
    if (found->is_uint64()) { return found->as_uint64(); }
    if (found->is_int64() && found->as_int64() > 0) { return static_cast<std::uint64_t>(found->as_int64()); }
    return std::nullopt;
}

// An id in a path or a header: nothing when it is no whole number above zero.
[[nodiscard]] inline std::optional<std::uint64_t> number_from(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0) { return std::nullopt; }
    return value;
}

}  // namespace drydock
