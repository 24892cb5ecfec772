// The parts of a load scenario, each read for itself: populations, what a session does, phases,
// thresholds, events. Used by the load loader only.
#pragma once

#include "rig/scenario/field_reader.h"
#include "sim/fleet/load_plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

// The texts of a list in the file, as the fleet's own readers want them, and where each came from.
template <class Spec>
struct ListedSpecs {
    std::string_view name;  // of the list: "phases"
    std::vector<Spec> specs;
    std::vector<Value const*> values;  // one for each spec
};

// Where the fleet's readers name a field ("phases[1].arrive.to"), the file has a place: as deep as
// its values go.
struct FieldPlaces {
    std::string_view list;
    std::vector<Value const*> const& values;
    Position otherwise;

    [[nodiscard]] Position of(std::string_view field) const;
};
void complain(FieldReader& fields, load::Problems const& problems, FieldPlaces const& places);

[[nodiscard]] std::vector<load::Population> read_populations(FieldReader& fields, Value const& value,
                                                             std::vector<LinkProfile> const& links);
[[nodiscard]] std::vector<load::Activity> read_session(FieldReader& fields, Value const& value);
[[nodiscard]] ListedSpecs<load::PhaseSpec> read_phase_specs(FieldReader& fields, Value const& value);
[[nodiscard]] ListedSpecs<load::ThresholdSpec> read_threshold_specs(FieldReader& fields, Value const& value);
// `plan` must have its populations; its phases may be empty when they are wrong, and then the
// times of the events are not judged. Ascending by time.
[[nodiscard]] std::vector<load::Happening> read_events(FieldReader& fields, Value const& value,
                                                       load::LoadPlan const& plan);

}  // namespace drydock::rig
