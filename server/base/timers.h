// The order of timers, shared by the real and the virtual clock: earliest first, and first come
// first served within one instant. A heap that knows the place of each timer: no allocation per timer.
#pragma once

#include "server/base/clock.h"
#include "server/base/place_heap.h"
#include "server/base/task.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace drydock {

class Timers {
public:
    Clock::TimerId add(TimePoint when, Task call);
    // An id that was popped or removed already is ignored, also when its slot is in use again.
    void remove(Clock::TimerId id);
    [[nodiscard]] std::optional<TimePoint> next() const {
        if (heap_.empty()) { return std::nullopt; }
        return heap_.front().when;
    }
    // Takes out the earliest timer. There must be one.
    [[nodiscard]] Task pop();
    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const { return heap_.size(); }
    // What was kept may add timers while it goes: these stay.
    void clear();

private:
    // An id is the number of the timer above the number of its slot. Slots are used again; with an id
    // kept from a time 2^40 timers ago another timer could be meant.
    static constexpr unsigned k_slot_bits = 24;
    static constexpr std::uint32_t k_nowhere = UINT32_MAX;

    struct Entry {
        TimePoint when;
        std::uint64_t number;
        std::uint32_t slot;
    };
    struct Slot {
        Task call;
        std::uint32_t place = k_nowhere;  // in the heap
    };

    [[nodiscard]] static bool is_before(Entry const& a, Entry const& b) {
        return a.when != b.when ? a.when < b.when : a.number < b.number;
    }
    [[nodiscard]] static Clock::TimerId id_of(Entry const& entry) { return entry.number << k_slot_bits | entry.slot; }
    friend class PlaceHeap<Entry, Timers>;
    void placed(Entry const& entry, std::size_t place) { slots_[entry.slot].place = static_cast<std::uint32_t>(place); }
    [[nodiscard]] Task take_out(std::size_t place);

    std::uint64_t last_ = 0;
    PlaceHeap<Entry, Timers> heap_{*this};
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace drydock
