// The operator of fleets whose plan asks nothing of the cloud's owner.
#pragma once

#include "sim/fleet/fleet.h"

#include <functional>
#include <string>

namespace drydock::bench {

struct Nobody final : load::Operator {
    void perform(load::Fleet&, load::Happening const&, std::function<void(std::string)> then) override { then(""); }
};

}  // namespace drydock::bench
