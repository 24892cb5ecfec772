// The worker processes of one run: started, told what to play, listened to. To the operator they look
// like one fleet. Loop thread only.
#pragma once

#include "rig/load/fleet_port.h"
#include "rig/load/load_run.h"
#include "server/base/event_log.h"
#include "sim/fleet/summary.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

struct WorkerSetup {
    std::filesystem::path program;
    PlanText plan;
    std::uint64_t seed = 1;
    load::Shard shard;  // of the whole run; the workers divide it once more
    Address plain;
    Address secure;
    std::filesystem::path authority;
    std::string tls_host;
};

// One second of one worker.
struct WorkerTick {
    std::size_t worker = 0;
    std::uint64_t number = 0;
    Duration at{};
    std::uint64_t arrived = 0;
    std::uint64_t expected = 0;
    std::uint64_t online = 0;
    std::uint64_t repeated_connects = 0;  // since the beginning, like the errors
    std::map<std::string, std::uint64_t> errors;
    std::optional<double> cores;  // none for a last second that was cut short
    load::Summary fresh;
};

class WorkerPool final : public FleetPort {
public:
    struct Told {
        std::function<void(WorkerTick)> tick;
        std::function<void(Event)> event;  // `at` counts from the beginning of the run
        // Every worker's fleet has come to a happening that only the operator can perform.
        std::function<void(std::size_t happening)> asked;  // its index in the plan
    };

    // Starts the processes and sends them plan and tokens. Throws InfrastructureError when one cannot start.
    WorkerPool(Loop& loop, WorkerSetup const& setup, std::size_t workers,
               std::function<std::vector<load::TokenText>(load::Shard)> const& tokens_of, Told told);
    // Ends those that still run.
    ~WorkerPool() override;

    [[nodiscard]] bool are_ready() const;
    [[nodiscard]] bool are_finished() const;
    [[nodiscard]] std::size_t size() const;
    // Why the run cannot go on: a worker ended or could not do it. Empty: all is well.
    [[nodiscard]] std::string const& failure() const;

    // All begin at `at`, on this loop's clock.
    void begin(TimePoint at);
    void stop();
    // What became of what was asked.
    void performed(std::size_t happening, std::string const& outcome);

    void pick(load::Wanted wanted, std::uint64_t count, Picked then) override;
    void was_claimed(std::uint64_t device, Duration took, bool is_in_right_place) override;
    void claim_failed(std::uint64_t device) override;
    void was_unclaimed(std::uint64_t device) override;
    void was_deleted(std::uint64_t device, TimePoint answered) override;
    void release(std::vector<std::uint64_t> const& devices) override;
    void server_is_away(bool is_away, std::function<void()> then) override;

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace drydock::rig
