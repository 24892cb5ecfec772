// Virtual time on Boost.Asio: an execution context whose clock jumps from timer to timer, so that
// a day passes in seconds and a seed repeats exactly. One thread. Owns its loop's seams; all that
// hangs on the loop must be destroyed before it.
#pragma once

#include "server/base/loop.h"
#include "server/base/timers.h"

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace drydock {

enum class Order {
    fifo,      // ready work runs first come, first served
    shuffled,  // ready work of one instant runs in an order drawn from the seed
};

class World final : public boost::asio::execution_context {
public:
    class Executor;

    explicit World(Seed seed, Order order = Order::fifo);
    ~World();

    [[nodiscard]] Executor get_executor() noexcept;
    [[nodiscard]] Loop& loop() { return *loop_; }
    [[nodiscard]] Random fork_random(std::string_view name) const { return random_.fork(name); }
    [[nodiscard]] TimePoint now() const { return now_; }

    // Runs all that is due up to `end`; afterwards the time is `end`.
    void run_until(TimePoint end);
    // Runs while `more` says so. False: the world went quiet, or one instant took more than a million
    // turns and 64 for each timer (a livelock); stall_report() says what it looked like.
    [[nodiscard]] bool run_while(std::function<bool()> more);
    // How much is parked and what the world was doing.
    [[nodiscard]] std::string stall_report() const;

private:
    class VirtualClock;

    void add_ready(Task work);
    bool run_one();
    bool jump();
    void begin_instant();

    Random random_;
    Random shuffle_;
    Order order_;
    TimePoint now_{};
    std::uint64_t turns_at_instant_ = 0;
    std::uint64_t turns_max_;  // at this instant
    bool is_livelocked_ = false;
    std::vector<Task> ready_;
    std::size_t ready_first_ = 0;
    Timers timers_;
    std::unique_ptr<VirtualClock> clock_;
    std::unique_ptr<SeededEntropy> entropy_;
    std::unique_ptr<InlineOffload> offload_;
    std::unique_ptr<Loop> loop_;
};

// Never blocks: work runs in a later turn of the world.
class World::Executor {
public:
    explicit Executor(World& world) noexcept : world_(&world) {}

    [[nodiscard]] World& query(boost::asio::execution::context_t) const noexcept { return *world_; }
    [[nodiscard]] static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t) noexcept {
        return boost::asio::execution::blocking.never;
    }
    [[nodiscard]] static constexpr boost::asio::execution::mapping_t query(boost::asio::execution::mapping_t) noexcept {
        return boost::asio::execution::mapping.other;
    }
    [[nodiscard]] Executor require(boost::asio::execution::blocking_t::never_t) const noexcept { return *this; }

    template <class Function>
    void execute(Function function) const {
        world_->add_ready([function = std::move(function)]() mutable { std::move(function)(); });
    }

    friend bool operator==(Executor const& a, Executor const& b) noexcept { return a.world_ == b.world_; }
    friend bool operator!=(Executor const& a, Executor const& b) noexcept { return a.world_ != b.world_; }

private:
    World* world_;
};

}  // namespace drydock
