#include "server/base/timers.h"

#include "server/base/check.h"

#include <algorithm>
#include <utility>

namespace drydock {

namespace {

constexpr std::size_t k_children = 4;

}  // namespace

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
    heap_.push_back(entry);
    sift_up(heap_.size() - 1, entry);
    return id_of(entry);
}

void Timers::remove(Clock::TimerId id) {
    std::size_t const slot = id & ((std::uint64_t{1} << k_slot_bits) - 1);
    if (slot >= slots_.size() || slots_[slot].place == k_nowhere) { return; }
    if (id_of(heap_[slots_[slot].place]) != id) { return; }
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
    std::uint32_t const slot = heap_[place].slot;
    Task call = std::move(slots_[slot].call);
    slots_[slot].place = k_nowhere;
    free_.push_back(slot);
    Entry const last = heap_.back();
    heap_.pop_back();
    if (place < heap_.size()) {
        bool const goes_up = place > 0 && is_before(last, heap_[(place - 1) / k_children]);
        goes_up ? sift_up(place, last) : sift_down(place, last);
    }
    return call;
}

void Timers::put(std::size_t place, Entry const& entry) {
    heap_[place] = entry;
    slots_[entry.slot].place = static_cast<std::uint32_t>(place);
}

void Timers::sift_up(std::size_t place, Entry const& entry) {
    while (place > 0 && is_before(entry, heap_[(place - 1) / k_children])) {
        put(place, heap_[(place - 1) / k_children]);
        place = (place - 1) / k_children;
    }
    put(place, entry);
}

void Timers::sift_down(std::size_t place, Entry const& entry) {
    for (;;) {
        std::size_t const first = place * k_children + 1;
        if (first >= heap_.size()) { break; }
        std::size_t const end = std::min(first + k_children, heap_.size());
        std::size_t least = first;
        for (std::size_t child = first + 1; child < end; ++child) {
            if (is_before(heap_[child], heap_[least])) { least = child; }
        }
        if (!is_before(heap_[least], entry)) { break; }
        put(place, heap_[least]);
        place = least;
    }
    put(place, entry);
}

}  // namespace drydock
