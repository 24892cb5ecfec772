// From a failure to what HTTP says: one table for the whole API.
#pragma once

#include "server/base/error.h"
#include "server/http/message.h"

#include <string_view>

namespace drydock {

// Refusals of the edge itself, beside cloud_errc.
enum class http_errc { unauthenticated = 1, too_many, too_large, bad_request, no_route, wrong_method, wrong_origin };
[[nodiscard]] error_code make_error_code(http_errc code);

// Status, code and text for any failure. Unknown categories are 503 "unavailable".
[[nodiscard]] ApiResponse problem(error_code failure);
[[nodiscard]] ApiResponse json_response(unsigned status, boost::json::value const& body);

}  // namespace drydock

template <>
struct boost::system::is_error_code_enum<drydock::http_errc> : std::true_type {};
