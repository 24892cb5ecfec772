#include "sim/fleet/dues.h"

#include "server/base/check.h"

#include <utility>

namespace drydock::load {

namespace {

constexpr std::uint32_t k_nowhere = UINT32_MAX;

}  // namespace

Dues::Dues(Clock& clock, std::size_t items, std::function<void(std::size_t, TimePoint)> on_due)
    : clock_(clock), on_due_(std::move(on_due)), places_(items, k_nowhere) {
    DRYDOCK_CHECK(items < k_nowhere);
    heap_.reserve(items);
}

Dues::~Dues() { clear(); }

void Dues::clear() {
    if (timer_ != 0) { clock_.cancel(std::exchange(timer_, 0)); }
    for (Entry const& entry : heap_.all()) { places_[entry.item] = k_nowhere; }
    heap_.clear();
}

TimePoint Dues::at(std::size_t item) const {
    return places_[item] == k_nowhere ? TimePoint::max() : heap_.at(places_[item]).when;
}

void Dues::set(std::size_t item, TimePoint when) {
    std::uint32_t const place = places_[item];
    if (when == TimePoint::max()) {
        if (place != k_nowhere) { take_out(place); }
        if (heap_.empty() && !is_firing_) { arm(); }
        return;
    }
    Entry const entry{when, static_cast<std::uint32_t>(item)};
    place == k_nowhere ? heap_.add(entry) : heap_.change(place, entry);
    if (!is_firing_) { arm(); }
}

void Dues::take_out(std::size_t place) { places_[heap_.take_out(place).item] = k_nowhere; }

void Dues::arm() {
    if (heap_.empty()) {
        // With nothing left to wait for, the loop may end and a virtual world may go quiet.
        if (timer_ != 0) { clock_.cancel(std::exchange(timer_, 0)); }
        return;
    }
    TimePoint const first = heap_.front().when;
    // A timer that comes early finds nothing due and waits again: that costs less than moving it.
    if (timer_ != 0 && armed_ <= first) { return; }
    if (timer_ != 0) { clock_.cancel(timer_); }
    armed_ = first;
    timer_ = clock_.call_at(first, [this] { fire(); });
}

// All that is due begins at once, whatever arrived meanwhile: devices of the field wait for nobody, and a burst
// that begins late is none. Answers are then heard later, which only makes the times longer. What falls due in
// the meantime has the next turn.
void Dues::fire() {
    timer_ = 0;
    is_firing_ = true;
    TimePoint const now = clock_.now();
    while (!heap_.empty() && heap_.front().when <= now) {
        Entry const first = heap_.front();
        take_out(0);
        on_due_(first.item, first.when);
    }
    is_firing_ = false;
    arm();
}

}  // namespace drydock::load
