// From an answer of the cloud to the outcome of a verb.
#pragma once

#include "rig/run/outcome.h"
#include "sim/phone/person.h"

#include <boost/json/value.hpp>

#include <string>

namespace drydock::rig {

// A refusal with the cloud's error code for status 400 and above, else an empty outcome. Throws
// InfrastructureError when there was no answer at all.
[[nodiscard]] Outcome outcome_of(Result const& answer);
// The member as text; empty when absent or null.
[[nodiscard]] std::string member(boost::json::value const& object, std::string_view name);

}  // namespace drydock::rig
