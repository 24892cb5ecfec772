// From what a command throws to what it says and its exit code.
#pragma once

#include "rig/bench/bench.h"
#include "rig/cli/run_command.h"
#include "rig/cli/tell.h"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

namespace drydock::rig {

// `work` gives an Exit. `name` is what the user typed after drydock: "report merge".
template <class Work>
[[nodiscard]] int guarded(char const* name, Work work) {
    try {
        return static_cast<int>(work());
    } catch (std::invalid_argument const& e) {
        tell("drydock {}: {} (see --help)\n", name, e.what());
        return static_cast<int>(Exit::usage);
    } catch (InfrastructureError const& e) {
        tell("drydock {}: {}\n", name, e.what());
        return static_cast<int>(Exit::infrastructure);
    }
}

}  // namespace drydock::rig
