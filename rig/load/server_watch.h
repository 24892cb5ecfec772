// What a process of ours uses, and what the kernel lost meanwhile: read from /proc, between two looks.
#pragma once

#include "rig/benchmark/process_facts.h"
#include "rig/record/load_recorder.h"
#include "server/base/clock.h"

#include <optional>

namespace drydock::rig {

// One server process, which may be another after a restart.
class ServerWatch {
public:
    // The kernel counts in steps of 10 ms: over a moment they say nothing.
    static constexpr Duration k_least_interval = std::chrono::milliseconds(500);

    // Cores since the last look that gave something, and memory now. Nothing at the first look of a process,
    // when it is gone, and sooner than k_least_interval after the last one.
    [[nodiscard]] std::optional<ServerLook> look(int process_id, TimePoint now);

private:
    int process_id_ = 0;
    double cpu_seconds_ = 0;
    TimePoint at_{};
};

// Counters of the whole machine since this object was made.
class KernelWatch {
public:
    KernelWatch() : before_(net_counters()) {}
    void add_to(GeneratorFacts& facts) const;

private:
    NetCounters before_;
};

}  // namespace drydock::rig
