// Puts the seconds of several workers together: a second is whole when every worker told it. Plain.
#pragma once

#include "rig/load/worker_pool.h"
#include "rig/record/load_recorder.h"

#include <functional>
#include <map>
#include <vector>

namespace drydock::rig {

class TickBoard {
public:
    // `on_whole` is called for each second in order.
    TickBoard(std::size_t workers, std::function<void(Duration at, FleetLook look)> on_whole)
        : latest_(workers), on_whole_(std::move(on_whole)) {}

    void add(WorkerTick tick);
    // Nothing more will come: what was told by some is told on.
    void close_all();

private:
    struct Second {
        Duration at{};
        std::size_t told = 0;
        std::vector<double> cores;
        load::Summary fresh;
        std::map<std::size_t, WorkerTick> ticks;
    };
    // As a worker was last seen.
    struct Seen {
        std::uint64_t arrived = 0;
        std::uint64_t expected = 0;
        std::uint64_t online = 0;
        std::uint64_t repeated_connects = 0;
        std::map<std::string, std::uint64_t> errors;
    };

    void close_first();

    // A worker that is so many seconds behind is not waited for.
    static constexpr std::size_t k_open_max = 5;
    std::vector<Seen> latest_;
    std::function<void(Duration, FleetLook)> on_whole_;
    std::map<std::uint64_t, Second> open_;
    std::uint64_t closed_ = 0;
};

}  // namespace drydock::rig
