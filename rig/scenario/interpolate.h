// `${name}` in texts.
#pragma once

#include "rig/scenario/plan.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

// Nothing when a name is unknown or a brace stays open.
[[nodiscard]] std::optional<std::string> interpolate(
    std::string_view text, std::function<std::optional<std::string>(std::string_view)> const& look_up);
// Every name used anywhere inside the value.
[[nodiscard]] std::vector<std::string> references(Value const& value);

}  // namespace drydock::rig
