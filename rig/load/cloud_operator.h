// The owner of the cloud under test during a load run: customers who claim and release over the API, a
// maker who mints, disclaims and deletes, and hands that kill the server. What came of it is told as
// a sentence, and device by device to the fleet, which judges it. Loop thread only.
#pragma once

#include "rig/bench/bench.h"
#include "rig/load/fleet_port.h"
#include "rig/load/stock.h"
#include "sim/fleet/load_plan.h"

#include <functional>
#include <memory>
#include <string>

namespace drydock::rig {

class CloudOperator {
public:
    using Done = std::function<void(std::string sentence)>;  // empty: all as meant

    // All must outlive it. `server` is none for a cloud that is not the rig's.
    CloudOperator(Loop& loop, Dialer& dialer, Target target, Stock& stock, FleetPort& fleet, ServerPort* server);
    ~CloudOperator();
    CloudOperator(CloudOperator const&) = delete;
    CloudOperator& operator=(CloudOperator const&) = delete;

    // Signs in everybody who will have to be quick: so many customers, and the maker.
    void prepare(load::LoadPlan const& plan, Done then);
    // What the fleet does by itself is not for it: Happening::Kind from server_kill on. Calls `then`
    // once, unless the operator ends before.
    void perform(load::Happening const& what, Done then);

    struct State;

private:
    std::shared_ptr<State> state_;
};

// Whether the fleet does it by itself.
[[nodiscard]] bool is_of_the_fleet(load::Happening::Kind kind);
// Whether it needs a server of the rig's own.
[[nodiscard]] bool is_of_the_server(load::Happening::Kind kind);

}  // namespace drydock::rig
