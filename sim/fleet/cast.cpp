#include "sim/fleet/cast.h"

#include "server/base/check.h"
#include "server/base/random.h"
#include "sim/fleet/draws.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

namespace drydock::load {

namespace {

constexpr std::uint64_t k_million = 1'000'000;

std::uint64_t key_of(LoadPlan const& plan, std::string const& name) { return fnv1a(name, scramble(plan.seed + 1)); }

template <class T>
std::uint64_t weight_of(std::vector<Share<T>> const& shares) {
    std::uint64_t all = 0;
    for (auto const& one : shares) { all += one.weight; }
    return all;
}

// How many of `count` fall to the shares before number `end`: exact to a device, whatever the weights.
template <class T>
std::uint64_t count_before(std::vector<Share<T>> const& shares, std::size_t end, std::uint64_t count) {
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < end; ++i) { before += shares[i].weight; }
    return static_cast<std::uint64_t>(Wide(count) * before / std::max<std::uint64_t>(weight_of(shares), 1));
}

template <class T>
T share_at(std::vector<Share<T>> const& shares, std::uint64_t count, std::uint64_t place) {
    for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
        if (place < count_before(shares, i + 1, count)) { return shares[i].what; }
    }
    return shares.back().what;
}

std::uint64_t part_of(std::uint64_t count, std::uint32_t millionths) {
    return static_cast<std::uint64_t>(Wide(count) * millionths / k_million);
}

// The cloned stand last, so that whom they copy can be told without a table.
void put_cloned_last(std::vector<Share<Temper>>& tempers) {
    std::stable_partition(tempers.begin(), tempers.end(),
                          [](Share<Temper> const& one) { return one.what != Temper::cloned; });
}

std::size_t link_of(LoadPlan const& plan, Population const& population) {
    auto const is_it = [&](LinkProfile const& link) { return link.name == population.link; };
    auto const found = std::find_if(plan.links.begin(), plan.links.end(), is_it);
    if (found == plan.links.end()) {
        throw std::invalid_argument("population '" + population.name + "' uses the link '" + population.link +
                                    "', which the plan does not describe");
    }
    return static_cast<std::size_t>(found - plan.links.begin());
}

}  // namespace

Mix::Mix(std::uint64_t count, std::uint64_t key) : count_(count) {
    auto const bits = static_cast<unsigned>(std::bit_width(count > 1 ? count - 1 : 1));
    half_bits_ = (bits + 1) / 2;
    for (unsigned i = 0; i < k_rounds; ++i) { keys_[i] = scramble(key + (i + 1) * 0x9e3779b97f4a7c15ULL); }
}

std::uint64_t Mix::round(std::uint64_t half, unsigned turn) const {
    return scramble(half ^ keys_[turn]) & ((std::uint64_t{1} << half_bits_) - 1);
}

// A Feistel network over the next power of four; what falls outside goes round again.
std::uint64_t Mix::place_of(std::uint64_t number) const {
    DRYDOCK_CHECK(number < count_);
    std::uint64_t const mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t at = number;
    do {
        std::uint64_t left = at >> half_bits_;
        std::uint64_t right = at & mask;
        for (unsigned i = 0; i < k_rounds; ++i) {
            std::uint64_t const next = left ^ round(right, i);
            left = right;
            right = next;
        }
        at = left << half_bits_ | right;
    } while (at >= count_);
    return at;
}

std::uint64_t Mix::number_at(std::uint64_t place) const {
    DRYDOCK_CHECK(place < count_);
    std::uint64_t const mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t at = place;
    do {
        std::uint64_t left = at >> half_bits_;
        std::uint64_t right = at & mask;
        for (unsigned i = k_rounds; i-- > 0;) {
            std::uint64_t const before = right ^ round(left, i);
            right = left;
            left = before;
        }
        at = left << half_bits_ | right;
    } while (at >= count_);
    return at;
}

Cast::Cast(LoadPlan const& plan)
    : populations_(plan.populations), devices_(plan.devices()), mix_(plan.devices(), key_of(plan, "who is who")) {
    std::uint64_t first = 0;
    for (Population& one : populations_) {
        put_cloned_last(one.tempers);
        std::size_t plain = 0;
        while (plain < one.tempers.size() && one.tempers[plain].what != Temper::cloned) { ++plain; }
        crowds_.push_back({first, one.count - count_before(one.tempers, plain, one.count), link_of(plan, one),
                           Mix(one.count, key_of(plan, one.name + " families")),
                           Mix(one.count, key_of(plan, one.name + " claimed")),
                           Mix(one.count, key_of(plan, one.name + " resumed"))});
        first += one.count;
    }
}

// The place whose token the one at `place` has. When all are cloned, they copy each other in pairs.
std::uint64_t Cast::copied_by(Crowd const& crowd, std::uint64_t count, std::uint64_t place) const {
    std::uint64_t const originals = count - crowd.cloned;
    if (originals == 0) { return place - place % 2; }
    return (place - originals) % originals;
}

Role Cast::role_of(std::uint64_t index) const {
    std::uint64_t const everywhere = mix_.place_of(index);
    auto const is_after = [](std::uint64_t at, Crowd const& crowd) { return at < crowd.first; };
    auto const next = std::upper_bound(crowds_.begin(), crowds_.end(), everywhere, is_after);
    auto const which = static_cast<std::size_t>(next - crowds_.begin()) - 1;
    Crowd const& crowd = crowds_[which];
    Population const& population = populations_[which];
    std::uint64_t const place = everywhere - crowd.first;
    std::uint64_t const originals = population.count - crowd.cloned;

    Role role;
    role.population = which;
    role.link = crowd.link;
    role.fate = population.fate;
    role.has_tls = population.has_tls;
    role.family = share_at(population.families, population.count, crowd.families.place_of(place));
    role.temper = share_at(population.tempers, population.count, place);
    role.is_preclaimed = crowd.preclaims.place_of(place) < part_of(population.count, population.preclaimed_millionths);
    role.resumes = population.has_tls &&
                   crowd.resumptions.place_of(place) < part_of(population.count, population.resumed_millionths);
    if (role.temper == Temper::cloned) {
        std::uint64_t const original = copied_by(crowd, population.count, place);
        if (original != place) { role.token_of = mix_.number_at(crowd.first + original); }
    }
    role.is_copied =
        originals == 0 ? place % 2 == 0 && place + 1 < population.count : place < std::min(originals, crowd.cloned);
    return role;
}

}  // namespace drydock::load
