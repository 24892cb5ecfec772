// The words of actors: their kinds, what may be said of each, and what can be looked at. Loader, checker and
// schema follow from this one table.
#pragma once

#include "rig/scenario/plan.h"

#include <span>
#include <string>
#include <vector>

namespace drydock::rig {

struct ActorOption {
    std::string name;
    std::vector<std::string> values;  // empty: any
};

struct ActorWords {
    ActorKind kind;
    std::string name;  // as `kind:` says it
    std::vector<ActorOption> options;
    std::vector<std::string> observables;  // what `that:` and `expect:` can name behind its dot
};

[[nodiscard]] std::span<ActorWords const> actor_words();
[[nodiscard]] ActorWords const& words_of(ActorKind kind);
// Nothing when no kind is called so.
[[nodiscard]] ActorWords const* actor_words_of(std::string_view name);
[[nodiscard]] std::vector<std::string> actor_kind_names();

}  // namespace drydock::rig
