#include "sim/fleet/counting.h"

#include "sim/fleet/fleet.h"

#include <algorithm>
#include <numeric>

namespace drydock::load {

namespace {

constexpr std::array<std::string_view, k_causes> k_cause_names{
    "connect refused",
    "connect timed out",
    "connect lost",
    k_machine_full,
    "live token told 9",
    "live token refused otherwise",
    "dead token let in",
    "closed without an answer to the login",
    "no answer to the login",
    "connection closed",
    "connection found silent",
    "cloud broke the protocol",
    "lost with its way",
    "message without an answer",
    "claim refused or not answered",
    "claimed into the wrong organization",
    "not cut off after its token was deleted",
    "bad device was not closed",
    "lost while the server was away",
};

}  // namespace

std::string_view name_of(Cause cause) { return k_cause_names[static_cast<std::size_t>(cause)]; }

bool is_wrong(Cause cause) {
    switch (cause) {
        case Cause::auth_refused_9:
        case Cause::auth_refused_otherwise:
        case Cause::auth_accepted_wrongly:
        case Cause::protocol_broken:
        case Cause::claim_wrong_org:
        case Cause::cut_off_missing:
        case Cause::bad_device_kept: return true;
        default: return false;
    }
}

Tally::Tally(LoadPlan const& plan) {
    for (Phase const& phase : plan.phases.all()) { phases_.push_back(phase.name); }
    for (LinkProfile const& link : plan.links) { links_.push_back(link.name); }
    cells_.resize(phases_.size() * links_.size());
    expected_.resize(links_.size());
    present_.resize(links_.size());
}

Cell& Tally::made(std::size_t phase, std::size_t link) {
    Cell& made = summary_.cell(phases_[phase], links_[link]);
    cells_[phase * links_.size() + link] = &made;
    return made;
}

void Tally::look() {
    for (std::size_t link = 0; link < links_.size(); ++link) {
        if (expected_[link] == 0) { continue; }
        cell(link).add(Counter::online_expected, expected_[link]);
        cell(link).add(Counter::online_seen, present_[link]);
    }
}

std::uint64_t Tally::expected() const { return std::accumulate(expected_.begin(), expected_.end(), std::uint64_t{0}); }

std::map<std::string, std::uint64_t> Tally::errors() const {
    std::map<std::string, std::uint64_t> errors;
    for (std::size_t i = 0; i < k_causes; ++i) {
        if (causes_[i] != 0) { errors.emplace(k_cause_names[i], causes_[i]); }
    }
    return errors;
}

}  // namespace drydock::load
