// Bytes and text: views between the two, hexadecimal and base64url.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drydock {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<std::byte const>;

[[nodiscard]] BytesView as_bytes(std::string_view text);
[[nodiscard]] std::string_view as_text(BytesView bytes);
[[nodiscard]] std::string to_hex(BytesView bytes);
// Nothing when the text has an odd length or a character that is no hexadecimal digit.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);
// Base64url without padding (RFC 4648 section 5).
[[nodiscard]] std::string to_base64url(BytesView bytes);

}  // namespace drydock
