#include "sim/world/world.h"

#include <boost/asio/any_io_executor.hpp>

#include <utility>

namespace drydock {

namespace {

constexpr std::uint64_t k_turns_per_instant_max = 1'000'000;
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
    TimerId call_at(TimePoint when, std::function<void()> then) override {
        return world_.timers_.add(when < world_.now_ ? world_.now_ : when, std::move(then));
    }
    void cancel(TimerId timer) override { world_.timers_.remove(timer); }

private:
    World& world_;
};

World::World(Seed seed, Order order) : random_(seed), shuffle_(random_.fork("order of ready work")), order_(order) {
    clock_ = std::make_unique<VirtualClock>(*this);
    entropy_ = std::make_unique<SeededEntropy>(random_.fork("entropy"));
    offload_ = std::make_unique<InlineOffload>(get_executor());
    loop_ = std::make_unique<Loop>(Loop{get_executor(), *clock_, *entropy_, *offload_});
}

World::~World() {
    // Destructors may post and start timers: until there is nothing left.
    while (!ready_.empty() || !timers_.empty()) {
        auto ready = std::move(ready_);
        ready_.clear();
        auto timers = std::move(timers_);
        timers_.clear();
        ready.clear();
        timers.clear();
    }
    shutdown();
    destroy();
}

World::Executor World::get_executor() noexcept { return Executor(*this); }

void World::add_ready(Work work) { ready_.push_back(std::move(work)); }

bool World::run_one() {
    if (ready_first_ == ready_.size()) { return false; }
    if (order_ == Order::shuffled) {
        std::size_t const chosen = ready_first_ + shuffle_.below(ready_.size() - ready_first_);
        std::swap(ready_[ready_first_], ready_[chosen]);
    }
    Work const work = std::move(ready_[ready_first_++]);
    if (ready_first_ == ready_.size()) {
        ready_.clear();
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
        turns_at_instant_ = 0;
    }
    ++turns_at_instant_;
    timers_.pop()();
    return true;
}

void World::run_until(TimePoint end) {
    while (turns_at_instant_ < k_turns_per_instant_max) {
        if (run_one()) { continue; }
        auto const next = timers_.next();
        if (!next || *next > end) { break; }
        jump();
    }
    now_ = end > now_ ? end : now_;
    turns_at_instant_ = 0;
}

bool World::run_while(std::function<bool()> more) {
    while (more()) {
        if (turns_at_instant_ >= k_turns_per_instant_max) {
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
    if (is_livelocked_) { return "a million turns at " + at + " ms without time moving on"; }
    return "quiet at " + at + " ms: no work is ready and no timer is set";
}

}  // namespace drydock
