// What the plan brings upon many devices at once, and what the owner of the cloud tells of his part.
#include "sim/fleet/draws.h"
#include "sim/fleet/engine.h"

#include <algorithm>
#include <utility>

namespace drydock::load {

namespace {

constexpr std::uint64_t k_million = 1'000'000;

}  // namespace

void FleetEngine::happen(TimePoint due) {
    std::size_t const number = next_happening_++;
    if (next_happening_ < plan_.happenings.size()) {
        dues_.set(item_of(Clockwork::happening), begin_ + plan_.happenings[next_happening_].at);
    }
    Happening const& what = plan_.happenings[number];
    events_.append("plan", "load.happens", {{"what", what.text}, {"late", print(now() - due)}});
    using Kind = Happening::Kind;
    bool const is_ours = what.kind == Kind::cell_outage || what.kind == Kind::power_cut || what.kind == Kind::half_open;
    is_ours ? happen_to_fleet(what, number) : ask_operator(what);
}

void FleetEngine::happen_to_fleet(Happening const& what, std::size_t number) {
    std::uint64_t const key = draw_of(seed_, number, 1);
    TimePoint const until = now() + what.lasts;
    for (Device& device : devices_) {
        if (!device.has_arrived || device.has_left) { continue; }
        // By index, so that the shards hit whom the whole fleet would hit.
        if (scaled(draw_of(key, index_of(device), 0), k_million) >= what.share_millionths) { continue; }
        if (what.kind == Happening::Kind::power_cut) { cut_power(device, until); }
        if (what.kind == Happening::Kind::cell_outage) { lose_cell(device, until); }
        if (what.kind == Happening::Kind::half_open) { lose_way(device); }
    }
}

void FleetEngine::lose_cell(Device& device, TimePoint until) {
    note(device, "device.lost_cell");
    lose_way(device);
    device.way->set_outage(true);
    // A second outage does not end the first.
    TimePoint& due = device.with_extra().outage_due;
    due = due == k_never ? until : std::max(due, until);
    if (device.machine.view().connection == Connection::connecting) { wait_for_way(device); }
    touch(device);
}

void FleetEngine::end_outage(Device& device) {
    note(device, "device.has_cell");
    device.with_extra().outage_due = k_never;
    device.way->set_outage(false);
    if (device.machine.view().connection == Connection::connecting) { wait_for_way(device); }
}

void FleetEngine::lose_way(Device& device) {
    if (!device.stream || device.is_mute || device.is_dead) { return; }
    note(device, "device.lost_way");
    end_cut_watch(device);
    went_down(device, now());
    device.is_mute = true;
    device.way->lose_way();
}

void FleetEngine::ask_operator(Happening const& what) {
    bool const deletes = what.kind == Happening::Kind::delete_token;
    if (deletes) { ++deletions_; }
    is_asked_to_delete_ = deletes;
    is_asking_ = true;
    operator_.perform(fleet_, what, [guard = std::weak_ptr(self_), &what](std::string sentence) {
        auto const self = guard.lock();
        if (self) { (*self)->performed(what, sentence); }
    });
    is_asking_ = false;
}

void FleetEngine::performed(Happening const& what, std::string const& sentence) {
    events_.append("plan", "load.happened", {{"what", what.text}, {"outcome", sentence}});
    if (what.kind == Happening::Kind::delete_token && --deletions_ == 0) { clear_doom(); }
}

void FleetEngine::clear_doom() {
    for (Device& device : devices_) {
        if (device.is_doomed) { set_free(device); }
    }
}

void FleetEngine::set_free(Device& device) {
    bool const was_refused = device.is_doomed && device.was_refused_early;
    device.is_doomed = false;
    if (device.deleted() != TimePoint{}) { return; }
    device.is_reserved = false;
    if (!was_refused) { return; }
    device.was_refused_early = false;
    // Its token was not deleted after all.
    cell(device).add(Counter::auth_refused_wrongly);
    fail(device, Cause::auth_refused_9);
}

void FleetEngine::release(std::vector<std::uint64_t> const& indices) {
    for (std::uint64_t const index : indices) {
        Device* const device = device_at(index);
        if (device != nullptr) { set_free(*device); }
    }
}

bool FleetEngine::is_wanted(Device const& device, Wanted wanted) const {
    if (!device.is_present || device.temper != Temper::steady || device.is_reserved || device.is_mute) { return false; }
    switch (wanted) {
        case Wanted::online: return true;
        case Wanted::online_claimed: return device.is_claimed;
        case Wanted::online_unclaimed: return !device.is_claimed;
    }
    return false;
}

std::vector<std::uint64_t> FleetEngine::pick(Wanted wanted, std::uint64_t count) {
    std::vector<std::uint64_t> found;
    for (Device const& device : devices_) {
        if (is_wanted(device, wanted)) { found.push_back(index_of(device)); }
    }
    // A claim counts where its burst began, however late its outcome is known.
    if (wanted == Wanted::online_unclaimed) { claim_phase_ = tally_.phase(); }
    std::uint64_t const key = draw_of(seed_, ++picks_, 2);
    auto const taken = static_cast<std::size_t>(std::min<std::uint64_t>(count, found.size()));
    for (std::size_t i = 0; i < taken; ++i) {
        std::swap(found[i], found[i + scaled(draw_of(key, i, 0), found.size() - i)]);
        Device& device = *device_at(found[i]);
        device.is_reserved = true;
        device.is_doomed = is_asking_ ? is_asked_to_delete_ : deletions_ > 0;
    }
    found.resize(taken);
    return found;
}

void FleetEngine::was_claimed(std::uint64_t index, Duration took, bool is_in_right_place) {
    Device* const device = device_at(index);
    if (device == nullptr) { return; }
    device->is_claimed = true;
    device->is_reserved = false;
    note(*device, "device.claimed");
    claim_cell(*device).add(Counter::claim_started);
    claim_cell(*device).record(Latency::claim, took);
    if (is_in_right_place) { return; }
    claim_cell(*device).add(Counter::claim_wrong_org);
    fail(*device, Cause::claim_wrong_org);
}

void FleetEngine::claim_failed(std::uint64_t index) {
    Device* const device = device_at(index);
    if (device == nullptr) { return; }
    device->is_reserved = false;
    claim_cell(*device).add(Counter::claim_started);
    if (is_away_) { return fail(*device, Cause::lost_while_away); }
    claim_cell(*device).add(Counter::claim_failed);
    fail(*device, Cause::claim_failed);
}

void FleetEngine::was_unclaimed(std::uint64_t index) {
    Device* const device = device_at(index);
    if (device == nullptr) { return; }
    device->is_claimed = false;
    device->is_reserved = false;
    note(*device, "device.unclaimed");
}

void FleetEngine::was_deleted(std::uint64_t index, TimePoint answered) {
    Device* const device = device_at(index);
    if (device == nullptr || device->deleted() != TimePoint{}) { return; }
    note(*device, "device.deleted");
    device->with_extra().deleted = answered;
    device->was_refused_early = false;
    device->with_extra().lost = TimePoint{};
    bool const was_cut_before = device->is_doomed && !device->is_online && !device->is_mute && !device->is_cut;
    reckon(*device);
    if (was_cut_before) { cell(*device).record(Latency::cut_off, Duration{}); }
    device->awaits_cut = device->is_online;
}

void FleetEngine::server_is_away(bool is_away) {
    if (std::exchange(is_away_, is_away) != is_away) {
        ++away_turn_;
        // What was sent before it was back may still be found lost.
        dues_.set(item_of(Clockwork::forgiven), is_away ? k_never : now() + k_answer_patience);
    }
    events_.append("plan", is_away ? "load.server_away" : "load.server_back");
}

}  // namespace drydock::load
