// The record of a load run as a member of run.json. Inside reports, and for the live view, whose
// page draws the same plots from the same form.
#pragma once

#include "reports/model/load_record.h"

#include <boost/json/object.hpp>

namespace drydock::report {

[[nodiscard]] boost::json::object to_json(LoadRecord const& load);
[[nodiscard]] boost::json::object to_json(LoadTick const& tick);

}  // namespace drydock::report
