// The whole list of verbs, written out. Checker, schema, reference page and runner use this one.
#pragma once

#include "rig/run/verb.h"

#include <span>
#include <vector>

namespace drydock::rig {

[[nodiscard]] std::span<Verb const> verb_table();
[[nodiscard]] std::vector<VerbSpec> verb_specs();

// The families.
[[nodiscard]] std::vector<Verb> token_verbs();
[[nodiscard]] std::vector<Verb> claim_verbs();
[[nodiscard]] std::vector<Verb> owner_verbs();
[[nodiscard]] std::vector<Verb> device_verbs();
[[nodiscard]] std::vector<Verb> bench_verbs();

}  // namespace drydock::rig
