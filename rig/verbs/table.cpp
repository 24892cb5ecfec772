#include "rig/verbs/table.h"

#include <algorithm>
#include <iterator>

namespace drydock::rig {

std::span<Verb const> verb_table() {
    static std::vector<Verb> const table = [] {
        std::vector<Verb> all;
        for (auto family : {token_verbs(), claim_verbs(), owner_verbs(), device_verbs(), bench_verbs()}) {
            std::move(family.begin(), family.end(), std::back_inserter(all));
        }
        return all;
    }();
    return table;
}

std::vector<VerbSpec> verb_specs() {
    std::vector<VerbSpec> specs;
    for (Verb const& verb : verb_table()) { specs.push_back(verb.spec); }
    return specs;
}

}  // namespace drydock::rig
