// The part of the JSON Schema that is about load scenarios, from the same tables as their reader.
#pragma once

#include <boost/json/fwd.hpp>

namespace drydock::rig {

// The members of a load scenario beside those of every scenario.
[[nodiscard]] boost::json::object load_properties();

}  // namespace drydock::rig
