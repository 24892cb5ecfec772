// A data folder of drydockd that holds any number of static tokens, each known to the rig by its
// number: load runs need no export, and a million devices no list. Made before the server starts.
#pragma once

#include "server/domain/types.h"
#include "server/token/token.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace drydock::rig {

// The AuthToken of a number: the same in every process that knows the seed.
[[nodiscard]] Secret seeded_token(std::uint64_t seed, std::uint64_t number);
// The QR token of the same number.
[[nodiscard]] Secret seeded_qr_token(std::uint64_t seed, std::uint64_t number);

// The administrator of the organization that minted them; his password is the setup password.
inline constexpr char const* k_maker_email = "maker@localhost";
// Other tenants', whose plans are not used up however many tokens the maker has: several, as the tokens of one plan are
// used up by a few runs.
inline constexpr std::uint64_t k_factories = 16;
[[nodiscard]] std::string factory_email(std::uint64_t number);  // below k_factories

struct SeededStore {
    std::uint64_t seed = 1;
    std::uint64_t tokens = 1000;
    std::uint64_t deleted = 0;  // the last ones of them are deleted again
};

// Makes the root organization with its administrator, a maker and the factories, each with
// an administrator and a template, and the maker's tokens, in batches of 10,000; `progress` hears how
// many there are. Gives the ids of the tokens by their numbers. Throws InfrastructureError.
[[nodiscard]] std::vector<TokenId> make_seeded_store(std::filesystem::path const& data, Secret const& setup_password,
                                                     SeededStore const& wanted,
                                                     std::function<void(std::uint64_t)> const& progress);

}  // namespace drydock::rig
