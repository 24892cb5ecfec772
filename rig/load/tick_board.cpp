#include "rig/load/tick_board.h"

#include <algorithm>
#include <utility>

namespace drydock::rig {

void TickBoard::add(WorkerTick tick) {
    if (tick.worker >= latest_.size()) { return; }
    // Too late for its own second: nothing may be lost, so it counts in the next.
    std::uint64_t const number = std::max(tick.number, closed_ + 1);
    Second& second = open_[number];
    second.at = std::max(second.at, tick.at);
    if (tick.cores) { second.cores.push_back(*tick.cores); }
    second.fresh.merge(tick.fresh);
    tick.fresh.reset();
    ++second.told;
    std::size_t const worker = tick.worker;
    second.ticks.insert_or_assign(worker, std::move(tick));
    while (!open_.empty() && (open_.begin()->second.told >= latest_.size() || open_.size() > k_open_max)) {
        close_first();
    }
}

void TickBoard::close_all() {
    while (!open_.empty()) { close_first(); }
}

void TickBoard::close_first() {
    closed_ = open_.begin()->first;
    Second second = std::move(open_.begin()->second);
    open_.erase(open_.begin());
    for (auto& [worker, tick] : second.ticks) {
        latest_[worker] = {tick.arrived, tick.expected, tick.online, tick.repeated_connects, std::move(tick.errors)};
    }
    FleetLook look;
    for (Seen const& seen : latest_) {
        look.arrived += seen.arrived;
        look.expected += seen.expected;
        look.online += seen.online;
        look.repeated_connects += seen.repeated_connects;
        for (auto const& [cause, count] : seen.errors) { look.errors[cause] += count; }
    }
    look.cores = std::move(second.cores);
    look.fresh = std::move(second.fresh);
    on_whole_(second.at, std::move(look));
}

}  // namespace drydock::rig
