// A data folder of drydockd that holds any number of static tokens, each known to the rig by its
// number: load runs need no export, and a million devices no list. Made before the server starts.
#pragma once

#include "server/token/token.h"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace drydock::rig {

// The AuthToken of a number: the same in every process that knows the seed.
[[nodiscard]] Secret seeded_token(std::uint64_t seed, std::uint64_t number);

struct SeededStore {
    std::uint64_t seed = 1;
    std::uint64_t tokens = 1000;
    std::uint64_t deleted = 0;  // the last ones of them are deleted again
};

// Makes the root organization with its administrator, a maker with a template, and the tokens, in
// batches of 10,000; `progress` hears how many there are. Throws InfrastructureError.
void make_seeded_store(std::filesystem::path const& data, Secret const& setup_password, SeededStore const& wanted,
                       std::function<void(std::uint64_t)> const& progress);

}  // namespace drydock::rig
