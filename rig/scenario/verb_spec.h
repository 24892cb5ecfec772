// What the language knows of a verb: its name, who may do it, its parameters. The explicit table
// (rig/verbs/table.cpp) pairs each with the code that runs it; checker, schema and reference page
// follow from the same table.
#pragma once

#include "rig/scenario/plan.h"

#include <span>
#include <string_view>
#include <vector>

namespace drydock::rig {

enum class ParameterType { text, number, duration, boolean, actor, path, map, list };

struct ParameterSpec {
    std::string_view name;
    ParameterType type = ParameterType::text;
    bool is_required = false;
    std::string_view doc;
};

struct VerbSpec {
    std::string_view name;          // "claim.scan"
    std::vector<ActorKind> actors;  // who may do it; empty: nobody needs to be named
    std::vector<ParameterSpec> parameters;
    std::vector<std::string_view> results;  // what `save` and `expect` can name: patterns (result_names.h)
    std::vector<std::string_view> errors;   // what `expect_error` can name
    std::vector<std::string_view> benches;  // empty: every bench
    std::string_view doc;
};

}  // namespace drydock::rig
