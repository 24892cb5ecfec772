#include "server/base/deadlines.h"

#include "server/base/check.h"

namespace drydock {

HasDeadline::~HasDeadline() {
    if (owner_ != nullptr) { owner_->drop(*this); }
}

Deadlines::~Deadlines() {
    clock_.cancel(timer_);
    for (Entry& entry : heap_) { entry.item->owner_ = nullptr; }
}

void Deadlines::set(HasDeadline& item, TimePoint when) {
    if (item.owner_ == nullptr) {
        item.owner_ = this;
        heap_.push_back({when, &item});
        item.place_ = heap_.size() - 1;
        sift_up(item.place_);
    } else {
        DRYDOCK_CHECK(item.owner_ == this);
        TimePoint const before = heap_[item.place_].when;
        heap_[item.place_].when = when;
        when < before ? sift_up(item.place_) : sift_down(item.place_);
    }
    arm();
}

void Deadlines::drop(HasDeadline& item) {
    if (item.owner_ == nullptr) { return; }
    DRYDOCK_CHECK(item.owner_ == this);
    std::size_t const at = item.place_;
    item.owner_ = nullptr;
    Entry const last = heap_.back();
    heap_.pop_back();
    if (last.item != &item) {
        place(at, last);
        sift_up(at);
        sift_down(last.item->place_);
    }
    // With nothing left to wait for, the loop may end and a virtual world may go quiet.
    if (heap_.empty() && timer_ != 0) {
        clock_.cancel(timer_);
        timer_ = 0;
    }
}

void Deadlines::place(std::size_t at, Entry entry) {
    heap_[at] = entry;
    entry.item->place_ = at;
}

void Deadlines::sift_up(std::size_t at) {
    Entry const entry = heap_[at];
    while (at > 0 && entry.when < heap_[(at - 1) / 2].when) {
        place(at, heap_[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(at, entry);
}

void Deadlines::sift_down(std::size_t at) {
    Entry const entry = heap_[at];
    for (;;) {
        std::size_t child = at * 2 + 1;
        if (child >= heap_.size()) { break; }
        if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) { ++child; }
        if (heap_[child].when >= entry.when) { break; }
        place(at, heap_[child]);
        at = child;
    }
    place(at, entry);
}

void Deadlines::arm() {
    if (heap_.empty()) { return; }
    TimePoint const first = heap_.front().when;
    // A timer that is early does no harm: it finds nothing due and waits again. So a deadline
    // that moves later, as every heartbeat does, costs no timer operation.
    if (timer_ != 0 && armed_ <= first) { return; }
    if (timer_ != 0) { clock_.cancel(timer_); }
    armed_ = first;
    timer_ = clock_.call_at(first, [this] { fire(); });
}

void Deadlines::fire() {
    timer_ = 0;
    TimePoint const now = clock_.now();
    while (!heap_.empty() && heap_.front().when <= now) {
        HasDeadline& item = *heap_.front().item;
        drop(item);
        item.on_deadline();
    }
    arm();
}

}  // namespace drydock
