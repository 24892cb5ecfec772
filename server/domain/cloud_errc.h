// Why the cloud refuses. A code exists only because some caller acts on it; the text for people
// is added at the edge.
#pragma once

#include "server/base/error.h"

namespace drydock {

enum class cloud_errc {
    unavailable = 1,      // the store cannot say now: LATER, 503, never "invalid token"
    conflict,             // something the decision relied on changed: read again and decide again
    not_found,            // absent, or not to be seen by the caller
    gone,                 // deleted for good, told to its maker only
    forbidden,            // seen, but not allowed
    cannot_be_claimed,    // the one uniform refusal (CLAIM-13)
    not_a_token_code,     // the scanned text is no static token code (QR-08)
    over_limit,           // the plan has no room
    stale_epoch,          // If-Match names another ownership epoch
    already_exists,       // e-mail or name in use
    confirmation_needed,  // deletion without its typed confirmation (DEL-01)
    dead_token,           // committed negative: unknown or deleted
    invalid,              // the arguments make no sense
    target_not_active,    // transfer to someone who cannot receive
};
[[nodiscard]] error_code make_error_code(cloud_errc code);

}  // namespace drydock

template <>
struct boost::system::is_error_code_enum<drydock::cloud_errc> : std::true_type {};
