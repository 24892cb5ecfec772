#include "server/base/deadlines.h"

#include "server/base/check.h"

namespace drydock {

HasDeadline::~HasDeadline() {
    if (owner_ != nullptr) { owner_->drop(*this); }
}

Deadlines::~Deadlines() {
    clock_.cancel(timer_);
    for (Entry const& entry : heap_.all()) { entry.item->owner_ = nullptr; }
}

void Deadlines::set(HasDeadline& item, TimePoint when) {
    if (item.owner_ == nullptr) {
        item.owner_ = this;
        heap_.add({when, &item});
    } else {
        DRYDOCK_CHECK(item.owner_ == this);
        heap_.change(item.place_, {when, &item});
    }
    arm();
}

void Deadlines::drop(HasDeadline& item) {
    if (item.owner_ == nullptr) { return; }
    DRYDOCK_CHECK(item.owner_ == this);
    item.owner_ = nullptr;
    heap_.take_out(item.place_);
    // With nothing left to wait for, the loop may end and a virtual world may go quiet.
    if (heap_.empty() && timer_ != 0) {
        clock_.cancel(timer_);
        timer_ = 0;
    }
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
