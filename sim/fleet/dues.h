// When each of many numbered items is due: one heap and one timer of the clock for all of them,
// twenty bytes for each. Items that are due at one instant come in the order of their numbers.
#pragma once

#include "server/base/clock.h"
#include "server/base/place_heap.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace drydock::load {

class Dues {
public:
    // `on_due` is called on the loop for an item whose time has come, which is then no longer due;
    // it may set any item. At most 2^32 - 2 items. The clock must outlive this.
    Dues(Clock& clock, std::size_t items, std::function<void(std::size_t item, TimePoint due)> on_due);
    ~Dues();
    Dues(Dues const&) = delete;
    Dues& operator=(Dues const&) = delete;

    // Sets or moves; TimePoint::max() takes it out.
    void set(std::size_t item, TimePoint when);
    // TimePoint::max() for one that is not due.
    [[nodiscard]] TimePoint at(std::size_t item) const;
    void clear();

private:
    struct Entry {
        TimePoint when;
        std::uint32_t item;
    };

    friend class PlaceHeap<Entry, Dues>;
    [[nodiscard]] static bool is_before(Entry const& a, Entry const& b) {
        return a.when != b.when ? a.when < b.when : a.item < b.item;
    }
    void placed(Entry const& entry, std::size_t place) { places_[entry.item] = static_cast<std::uint32_t>(place); }
    void take_out(std::size_t place);
    void arm();
    void fire();

    Clock& clock_;
    std::function<void(std::size_t, TimePoint)> on_due_;
    std::vector<std::uint32_t> places_;  // of each item in the heap
    PlaceHeap<Entry, Dues> heap_{*this};
    Clock::TimerId timer_ = 0;
    TimePoint armed_{};
    bool is_firing_ = false;
};

}  // namespace drydock::load
