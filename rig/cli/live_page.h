// `drydock fleet --web`: what a load run tells of itself, on its way to the live view.
#pragma once

#include "rig/load/load_run.h"
#include "rig/web/live_view.h"
#include "sim/fleet/load_plan.h"

#include <cstdint>
#include <optional>
#include <string>

namespace drydock::rig {

class LivePage {
public:
    // Nothing happens without a port; 0 picks a free one. Prints the address on standard error.
    // `plan` must outlive it. Throws std::invalid_argument when the port cannot be had.
    LivePage(std::optional<std::uint16_t> port, load::LoadPlan const& plan, std::string title);

    void show(LoadProgress const& progress);
    void finish(report::LoadRecord const& record);

private:
    load::LoadPlan const& plan_;
    std::optional<LiveView> view_;
    std::size_t happened_ = 0;  // of the plan's events
};

}  // namespace drydock::rig
