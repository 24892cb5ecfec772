#include "sim/fleet/dues.h"

#include "server/base/check.h"

#include <algorithm>
#include <utility>

namespace drydock::load {

namespace {

constexpr std::uint32_t k_nowhere = UINT32_MAX;
constexpr std::size_t k_children = 4;
// Then the answers that arrived meanwhile have their turn: a storm must not delay its own measuring.
constexpr std::size_t k_items_per_turn = 64;

}  // namespace

Dues::Dues(Clock& clock, std::size_t items, std::function<void(std::size_t, TimePoint)> on_due)
    : clock_(clock), on_due_(std::move(on_due)), places_(items, k_nowhere) {
    DRYDOCK_CHECK(items < k_nowhere);
}

Dues::~Dues() { clear(); }

void Dues::clear() {
    if (timer_ != 0) { clock_.cancel(std::exchange(timer_, 0)); }
    for (Entry const& entry : heap_) { places_[entry.item] = k_nowhere; }
    heap_.clear();
}

TimePoint Dues::at(std::size_t item) const {
    return places_[item] == k_nowhere ? TimePoint::max() : heap_[places_[item]].when;
}

void Dues::set(std::size_t item, TimePoint when) {
    std::uint32_t const place = places_[item];
    if (when == TimePoint::max()) {
        if (place != k_nowhere) { take_out(place); }
        if (heap_.empty() && !is_firing_) { arm(); }
        return;
    }
    Entry const entry{when, static_cast<std::uint32_t>(item)};
    if (place == k_nowhere) {
        heap_.push_back(entry);
        rise(heap_.size() - 1, entry);
    } else if (when < heap_[place].when) {
        rise(place, entry);
    } else {
        sink(place, entry);
    }
    if (!is_firing_) { arm(); }
}

void Dues::put(std::size_t place, Entry entry) {
    heap_[place] = entry;
    places_[entry.item] = static_cast<std::uint32_t>(place);
}

void Dues::rise(std::size_t place, Entry entry) {
    while (place > 0) {
        std::size_t const parent = (place - 1) / k_children;
        if (!entry.is_before(heap_[parent])) { break; }
        put(place, heap_[parent]);
        place = parent;
    }
    put(place, entry);
}

void Dues::sink(std::size_t place, Entry entry) {
    for (;;) {
        std::size_t const first = place * k_children + 1;
        if (first >= heap_.size()) { break; }
        std::size_t const end = std::min(first + k_children, heap_.size());
        std::size_t least = first;
        for (std::size_t child = first + 1; child < end; ++child) {
            if (heap_[child].is_before(heap_[least])) { least = child; }
        }
        if (!heap_[least].is_before(entry)) { break; }
        put(place, heap_[least]);
        place = least;
    }
    put(place, entry);
}

void Dues::take_out(std::size_t place) {
    places_[heap_[place].item] = k_nowhere;
    Entry const last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) { return; }
    rise(place, last);
    sink(places_[last.item], last);
}

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

void Dues::fire() {
    timer_ = 0;
    is_firing_ = true;
    for (std::size_t i = 0; i < k_items_per_turn && !heap_.empty(); ++i) {
        Entry const first = heap_.front();
        if (first.when > clock_.now()) { break; }
        take_out(0);
        on_due_(first.item, first.when);
    }
    is_firing_ = false;
    arm();
}

}  // namespace drydock::load
