// The drydockd of a load run, started on a store that holds all it needs.
#pragma once

#include "rig/bench/daemon_process.h"
#include "rig/load/fleet_port.h"
#include "rig/load/stock.h"

#include <atomic>
#include <filesystem>
#include <memory>

namespace drydock::rig {

class OwnServer final : public ServerPort {
public:
    // Throws InfrastructureError when the store cannot be filled or the server does not open.
    OwnServer(load::LoadPlan const& plan, std::filesystem::path const& daemon, std::filesystem::path const& log,
              FaultyServer faulty, std::atomic<bool> const* is_interrupted);

    [[nodiscard]] DaemonProcess const& daemon() const { return *daemon_; }
    [[nodiscard]] Stock& stock() { return stock_; }
    void restart(End end) override;
    void set_store_down(bool is_down) override;

private:
    Stock stock_;
    std::unique_ptr<DaemonProcess> daemon_;
};

}  // namespace drydock::rig
