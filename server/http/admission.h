// The strict gate before the HTTP parser: what a lenient parser would take two ways is refused
// (request smuggling). Pure; looks at the raw head only.
#pragma once

#include <string_view>

namespace drydock {

inline constexpr std::size_t k_head_bytes_max = 8 * 1024;
inline constexpr std::size_t k_headers_max = 100;
inline constexpr std::size_t k_body_bytes_max = std::size_t{1} << 20U;

enum class Admission { incomplete, admitted, refused };

// `bytes` begins with the request line. Incomplete until the empty line is there; refused as soon
// as the head is over its bound.
[[nodiscard]] Admission admit(std::string_view bytes);

}  // namespace drydock
