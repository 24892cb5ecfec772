// Members of a JSON body, with their types and bounds.
#pragma once

#include <boost/json/object.hpp>

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

}  // namespace drydock
