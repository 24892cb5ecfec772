#include "server/base/timers.h"

#include "server/base/check.h"

#include <utility>

namespace drydock {

Clock::TimerId Timers::add(TimePoint when, Task call) {
    if (free_.empty()) {
        DRYDOCK_CHECK(slots_.size() < (std::size_t{1} << k_slot_bits));
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    std::uint32_t const slot = free_.back();
    free_.pop_back();
    slots_[slot].call = std::move(call);
    Entry const entry{when, ++last_, slot};
    heap_.add(entry);
    return id_of(entry);
}

void Timers::remove(Clock::TimerId id) {
    std::size_t const slot = id & ((std::uint64_t{1} << k_slot_bits) - 1);
    if (slot >= slots_.size() || slots_[slot].place == k_nowhere) { return; }
    if (id_of(heap_.at(slots_[slot].place)) != id) { return; }
    static_cast<void>(take_out(slots_[slot].place));
}

Task Timers::pop() {
    DRYDOCK_CHECK(!heap_.empty());
    return take_out(0);
}

void Timers::clear() {
    heap_.clear();
    free_.clear();
    // What goes may look for its timer, or set another: by then these are no timers any more.
    std::vector<Slot> const going = std::exchange(slots_, {});
}

// The call is handed out, so that it goes when all is in order again: it may come back to here.
Task Timers::take_out(std::size_t place) {
    std::uint32_t const slot = heap_.take_out(place).slot;
    Task call = std::move(slots_[slot].call);
    slots_[slot].place = k_nowhere;
    free_.push_back(slot);
    return call;
}

}  // namespace drydock
