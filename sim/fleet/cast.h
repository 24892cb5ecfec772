// Who is who in a load plan: what each device is follows from the plan, its seed and the device's
// index alone, so that shards, the rig that mints the tokens and a replay all agree. Nothing is
// kept for each device. Devices are mixed: neighbours belong to any population.
#pragma once

#include "sim/fleet/load_plan.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace drydock::load {

// A repeatable order of the numbers below `count`, without a table: where a number goes and back.
class Mix {
public:
    Mix(std::uint64_t count, std::uint64_t key);

    // `number` must be below the count, and so is the answer.
    [[nodiscard]] std::uint64_t place_of(std::uint64_t number) const;
    [[nodiscard]] std::uint64_t number_at(std::uint64_t place) const;

private:
    static constexpr unsigned k_rounds = 4;
    [[nodiscard]] std::uint64_t round(std::uint64_t half, unsigned turn) const;

    std::uint64_t count_;
    unsigned half_bits_;
    std::array<std::uint64_t, k_rounds> keys_{};
};

struct Role {
    std::size_t population = 0;  // of LoadPlan::populations
    std::size_t link = 0;        // of LoadPlan::links
    Family family = Family::modern;
    Temper temper = Temper::steady;
    TokenFate fate = TokenFate::live;
    bool is_preclaimed = false;  // the rig claims it before the run begins
    bool has_tls = false;
    bool resumes = false;  // TLS: offers the session of its last connection
    // Temper::cloned: carries the token of this device; the same slot in the list of tokens holds it.
    std::optional<std::uint64_t> token_of;
    bool is_copied = false;  // another device carries this one's token
};

class Cast {
public:
    // Throws std::invalid_argument when a population names a link the plan does not have.
    explicit Cast(LoadPlan const& plan);

    [[nodiscard]] std::uint64_t devices() const { return devices_; }
    // `index` below devices(). The devices of shard s of n are those whose index leaves s.
    [[nodiscard]] Role role_of(std::uint64_t index) const;

private:
    struct Crowd {
        std::uint64_t first = 0;   // of its places among all devices
        std::uint64_t cloned = 0;  // its last devices by place; they copy those before them
        std::size_t link = 0;
        Mix families;
        Mix preclaims;
        Mix resumptions;
    };

    [[nodiscard]] std::uint64_t copied_by(Crowd const& crowd, std::uint64_t count, std::uint64_t place) const;

    std::vector<Population> populations_;
    std::vector<Crowd> crowds_;
    std::uint64_t devices_;
    Mix mix_;
};

}  // namespace drydock::load
