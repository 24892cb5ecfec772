// The trouble of a case: a maker mints tokens without a pause while customers claim boxes, over the
// API, at idle scheduling priority, so that it takes only what nobody else wants.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace drydock::rig {

struct MintAndClaim {
    std::uint16_t port = 0;
    std::filesystem::path password_file;
    std::uint64_t seed = 1;
    std::uint64_t first_box = 0;     // the number of the token that is claimed first, then the next …
    std::uint64_t tokens = 0;        // … up to this many
    std::uint64_t mint = 1'000'000;  // so many, then it ends
    std::uint64_t factory = 0;       // which of the store's factories mints
    std::function<void(std::string const& line)> print;  // "begun", then "MINTED CLAIMED" now and then
};

// Gives an exit code: 0 when all is minted, 6 when the cloud refuses, which `print` hears as a line.
[[nodiscard]] int run_mint_and_claim(MintAndClaim const& options);

}  // namespace drydock::rig
