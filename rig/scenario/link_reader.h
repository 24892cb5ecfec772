// Link profiles as data: the files of fixtures/links, which the program carries, and the `links:`
// of a load scenario.
#pragma once

#include "rig/scenario/field_reader.h"
#include "sim/link/profile.h"

#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

struct LinkResult {
    LinkProfile link;
    std::vector<Diagnostic> diagnostics;  // empty: the profile is whole
};
// The text of a file like those of fixtures/links.
[[nodiscard]] LinkResult read_link(std::string file, std::string_view text);

// Those of fixtures/links, by name. Throws std::runtime_error when one of them is no profile.
[[nodiscard]] std::vector<LinkProfile> const& built_in_links();

// One entry of `links:`. With `like: NAME` it begins as that built-in profile.
[[nodiscard]] LinkProfile link_of(FieldReader& fields, std::string name, Value const& value);
[[nodiscard]] std::vector<std::string> names_of(std::vector<LinkProfile> const& links);

// The keys of a profile, for the schema.
[[nodiscard]] std::vector<std::string> const& link_keys();

}  // namespace drydock::rig
