// A heap whose owner is told where each entry is, so that any entry can be moved or taken out:
// the order of timers, deadlines and due times. Four children to a parent: half as deep as with two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace drydock {

// Owner says which of two entries comes first, `static bool is_before(Entry const&, Entry const&)`,
// and hears of every new place, `void placed(Entry const&, std::size_t place)`. It outlives the heap.
template <class Entry, class Owner>
class PlaceHeap {
public:
    explicit PlaceHeap(Owner& owner) : owner_(owner) {}
    PlaceHeap(PlaceHeap const&) = delete;
    PlaceHeap& operator=(PlaceHeap const&) = delete;

    // So many entries without growing.
    void reserve(std::size_t entries) { entries_.reserve(entries); }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] Entry const& front() const { return entries_.front(); }
    [[nodiscard]] Entry const& at(std::size_t place) const { return entries_[place]; }
    // In no order but front() first.
    [[nodiscard]] std::vector<Entry> const& all() const { return entries_; }

    void add(Entry const& entry) {
        entries_.push_back(entry);
        rise(entries_.size() - 1, entry);
    }
    // Another entry in this place, which may come earlier or later.
    void change(std::size_t place, Entry const& entry) {
        bool const goes_up = place > 0 && Owner::is_before(entry, entries_[parent(place)]);
        goes_up ? rise(place, entry) : sink(place, entry);
    }
    // The owner hears nothing of the entry that goes.
    Entry take_out(std::size_t place) {
        Entry const gone = entries_[place];
        Entry const last = entries_.back();
        entries_.pop_back();
        if (place < entries_.size()) { change(place, last); }
        return gone;
    }
    void clear() { entries_.clear(); }

private:
    static constexpr std::size_t k_children = 4;
    [[nodiscard]] static std::size_t parent(std::size_t place) { return (place - 1) / k_children; }

    void put(std::size_t place, Entry const& entry) {
        entries_[place] = entry;
        owner_.placed(entry, place);
    }

    void rise(std::size_t place, Entry const& entry) {
        while (place > 0 && Owner::is_before(entry, entries_[parent(place)])) {
            put(place, entries_[parent(place)]);
            place = parent(place);
        }
        put(place, entry);
    }

    void sink(std::size_t place, Entry const& entry) {
        for (;;) {
            std::size_t const first = place * k_children + 1;
            if (first >= entries_.size()) { break; }
            std::size_t const end = std::min(first + k_children, entries_.size());
            std::size_t least = first;
            for (std::size_t child = first + 1; child < end; ++child) {
                if (Owner::is_before(entries_[child], entries_[least])) { least = child; }
            }
            if (!Owner::is_before(entries_[least], entry)) { break; }
            put(place, entries_[least]);
            place = least;
        }
        put(place, entry);
    }

    Owner& owner_;
    std::vector<Entry> entries_;
};

}  // namespace drydock
