// Tokens deleted while their devices are online: how soon after the answer each device is cut off,
// and whether its token is good for nothing afterwards. Devices and maker share one loop and its
// clock. Blocks while it measures. One thread.
#pragma once

#include "server/domain/types.h"
#include "server/token/token.h"
#include "sim/flood/flood.h"

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace drydock::rig {

// A device of the maker whose token may be deleted.
struct Revocable {
    TokenId token;
    load::Login login;    // as long as the token lives
    load::Login refused;  // and ever after
};

struct RevokeOptions {
    Address target;                           // devices and API
    std::string email;                        // of the maker
    std::string password;                     // his
    std::span<Revocable const> revoked;       // each is deleted, once
    std::span<load::Login const> bystanders;  // stay online, and must
    double rate = 200;                        // deletions per second, evenly, however slow the answers are
    std::atomic<bool> const* is_interrupted = nullptr;
};

struct Revoked {
    load::FloodResult flood;
    load::Histogram since_due;  // from when a deletion was due to the cut-off
};

// Brings everybody online, deletes, and tries each deleted token again. In `flood` `done` are the
// devices that were cut off and heard status 9 when they came back; `latency` from the answer of the
// deletion to the cut-off, nothing when that came first; `late` the deletions that were asked for
// after their due time; failures what else happened, to bystanders too. `at` hears begin and end of the
// deletions. Throws InfrastructureError when the maker cannot sign in or somebody cannot log in.
[[nodiscard]] Revoked revoke(RevokeOptions const& options, std::function<void(load::Instant)> const& at);

}  // namespace drydock::rig
