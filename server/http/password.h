// Passwords as argon2id, always through the offload: one hash takes milliseconds of a core.
#pragma once

#include "server/base/error.h"
#include "server/base/loop.h"
#include "server/token/token.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

namespace drydock {

struct PasswordCost {
    std::uint32_t memory_kib;
    std::uint32_t passes;
    std::uint32_t lanes;
};

// The encoded hash. Fails with cloud_errc::unavailable when the offload queue is full.
[[nodiscard]] boost::asio::awaitable<result<std::string>> hash_password(Loop& loop, Secret password, PasswordCost cost);
// Whether the password fits the encoded hash.
[[nodiscard]] boost::asio::awaitable<result<Truth>> verify_password(Loop& loop, Secret password, std::string encoded);

}  // namespace drydock
