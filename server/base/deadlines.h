// Many deadlines, one timer: each item carries its place in the heap, so setting and dropping a
// deadline allocates nothing and an idle device costs sixteen bytes here.
#pragma once

#include "server/base/clock.h"
#include "server/base/place_heap.h"

#include <cstddef>

namespace drydock {

class Deadlines;

// Derive from this to have a deadline. Leaves the heap when destroyed.
class HasDeadline {
public:
    HasDeadline() = default;
    HasDeadline(HasDeadline const&) = delete;
    HasDeadline& operator=(HasDeadline const&) = delete;
    virtual ~HasDeadline();
    // The deadline passed. May set a new one, may destroy the item.
    virtual void on_deadline() = 0;

private:
    friend class Deadlines;
    Deadlines* owner_ = nullptr;
    std::size_t place_ = 0;
};

class Deadlines {
public:
    explicit Deadlines(Clock& clock) : clock_(clock) {}
    ~Deadlines();
    Deadlines(Deadlines const&) = delete;
    Deadlines& operator=(Deadlines const&) = delete;

    // Sets or moves the one deadline of the item.
    void set(HasDeadline& item, TimePoint when);
    void drop(HasDeadline& item);

private:
    struct Entry {
        TimePoint when;
        HasDeadline* item;
    };
    friend class PlaceHeap<Entry, Deadlines>;
    [[nodiscard]] static bool is_before(Entry const& a, Entry const& b) { return a.when < b.when; }
    static void placed(Entry const& entry, std::size_t place) { entry.item->place_ = place; }
    void arm();
    void fire();

    Clock& clock_;
    PlaceHeap<Entry, Deadlines> heap_{*this};
    Clock::TimerId timer_ = 0;
    TimePoint armed_{};
};

}  // namespace drydock
