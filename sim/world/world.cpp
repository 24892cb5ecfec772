#include "sim/world/world.h"

#include <boost/asio/any_io_executor.hpp>

#include <utility>

namespace drydock {

namespace {

constexpr std::uint64_t k_turns_per_instant_max = 1'000'000;
// A million devices that boot at one instant are no livelock.
constexpr std::uint64_t k_turns_per_timer_max = 64;
constexpr std::size_t k_forget_after = 1024;
// Every world begins at the same moment of the calendar.
constexpr WallTime k_first_wall{std::chrono::milliseconds(1'790'000'000'000)};

}  // namespace

class World::VirtualClock final : public Clock {
public:
    explicit VirtualClock(World& world) : world_(world) {}
    [[nodiscard]] TimePoint now() const override { return world_.now_; }
    [[nodiscard]] WallTime wall() const override {
        return k_first_wall + std::chrono::duration_cast<std::chrono::milliseconds>(world_.now_.time_since_epoch());
    }
    TimerId call_at(TimePoint when, Task then) override {
        return world_.timers_.add(when < world_.now_ ? world_.now_ : when, std::move(then));
    }
    void cancel(TimerId timer) override { world_.timers_.remove(timer); }

private:
    World& world_;
};

World::World(Seed seed, Order order) : random_(seed), shuffle_(random_.fork("order of ready work")), order_(order) {
    begin_instant();
    clock_ = std::make_unique<VirtualClock>(*this);
    entropy_ = std::make_unique<SeededEntropy>(random_.fork("entropy"));
    offload_ = std::make_unique<InlineOffload>(get_executor());
    loop_ = std::make_unique<Loop>(Loop{get_executor(), *clock_, *entropy_, *offload_});
}

World::~World() {
    // Destructors may post and start timers: until there is nothing left.
    while (!ready_.empty() || !timers_.empty()) {
        std::exchange(ready_, {}).clear();
        timers_.clear();
    }
    shutdown();
    destroy();
}

World::Executor World::get_executor() noexcept { return Executor(*this); }

void World::add_ready(Task work) { ready_.push_back(std::move(work)); }

bool World::run_one() {
    if (ready_first_ == ready_.size()) { return false; }
    if (order_ == Order::shuffled) {
        std::size_t const chosen = ready_first_ + shuffle_.below(ready_.size() - ready_first_);
        std::swap(ready_[ready_first_], ready_[chosen]);
    }
    Task work = std::move(ready_[ready_first_++]);
    // What ran is forgotten at the end, or when it is most of a long queue.
    if (ready_first_ == ready_.size() || (ready_first_ >= k_forget_after && ready_first_ * 2 >= ready_.size())) {
        ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(ready_first_));
        ready_first_ = 0;
    }
    ++turns_at_instant_;
    work();
    return true;
}

bool World::jump() {
    auto const next = timers_.next();
    if (!next) { return false; }
    if (*next > now_) {
        now_ = *next;
        begin_instant();
    }
    ++turns_at_instant_;
    timers_.pop()();
    return true;
}

void World::begin_instant() {
    turns_at_instant_ = 0;
    turns_max_ = k_turns_per_instant_max + k_turns_per_timer_max * (timers_.size() + ready_.size());
}

void World::run_until(TimePoint end) {
    begin_instant();
    while (turns_at_instant_ < turns_max_) {
        if (run_one()) { continue; }
        auto const next = timers_.next();
        if (!next || *next > end) { break; }
        jump();
    }
    now_ = end > now_ ? end : now_;
    begin_instant();
}

bool World::run_while(std::function<bool()> more) {
    while (more()) {
        if (turns_at_instant_ >= turns_max_) {
            is_livelocked_ = true;
            return false;
        }
        if (!run_one() && !jump()) { return false; }
    }
    return true;
}

std::string World::stall_report() const {
    std::string const at =
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count());
    if (is_livelocked_) { return std::to_string(turns_at_instant_) + " turns at " + at + " ms without time moving on"; }
    return "quiet at " + at + " ms: no work is ready and no timer is set";
}

}  // namespace drydock
