// What we believe, asserted in every build. Never for input from a peer, a file or a user.
#pragma once

namespace drydock {

// Prints the broken belief with its place and ends the process.
[[noreturn]] void check_failed(char const* expression, char const* file, int line) noexcept;

}  // namespace drydock

#define DRYDOCK_CHECK(expression) ((expression) ? void(0) : ::drydock::check_failed(#expression, __FILE__, __LINE__))
#define DRYDOCK_UNREACHABLE() ::drydock::check_failed("unreachable", __FILE__, __LINE__)
