// A QR code as a PNG for labels (QR-03): level Q, four modules of quiet zone, eight pixels a
// module and at least 300 pixels wide, pure black on white. Runs about 0.2 ms: offload it.
#pragma once

#include "server/base/bytes.h"
#include "server/base/error.h"

#include <string_view>

namespace drydock {

// Fails with token_errc::too_long_for_qr for texts over 200 bytes.
enum class token_errc { too_long_for_qr = 1, png_failed };
[[nodiscard]] error_code make_error_code(token_errc code);

[[nodiscard]] result<Bytes> qr_png(std::string_view text);

}  // namespace drydock

template <>
struct boost::system::is_error_code_enum<drydock::token_errc> : std::true_type {};
