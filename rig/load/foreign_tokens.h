// Tokens for devices on a cloud that somebody else runs: from a file, or minted through its API.
#pragma once

#include "rig/bench/bench.h"
#include "sim/fleet/fleet.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace drydock::rig {

// One AuthToken a line, the n-th for device n of the plan; those of the shard are given. Throws
// std::invalid_argument with file and line, never with what stands there.
[[nodiscard]] std::vector<load::TokenText> tokens_from_file(std::filesystem::path const& file, std::uint64_t devices,
                                                            load::Shard shard);

struct MintOrder {
    Target target;  // of the API
    std::string email;
    Secret password;
    std::uint64_t count = 0;
    std::atomic<bool> const* is_interrupted = nullptr;
    std::function<void(std::uint64_t)> on_progress;  // tokens read so far
};
// Signs in, mints for the first template there is (one is made when there is none), and reads each
// token, which leaves a trace in the cloud's history. Throws InfrastructureError with what the cloud
// said; gives fewer than ordered when interrupted.
[[nodiscard]] std::vector<load::TokenText> mint_tokens(MintOrder const& order);

}  // namespace drydock::rig
