// HOST:PORT on the command line.
#pragma once

#include "server/net/stream.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace drydock {

// Nothing when there is no port or it is no number up to 65535.
[[nodiscard]] inline std::optional<Address> address_from(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) { return std::nullopt; }
    std::string_view const digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) { return std::nullopt; }
    return Address{std::string(text.substr(0, colon)), port};
}

}  // namespace drydock
