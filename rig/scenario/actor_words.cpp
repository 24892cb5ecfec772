#include "rig/scenario/actor_words.h"

#include <algorithm>

namespace drydock::rig {

std::span<ActorWords const> actor_words() {
    static std::vector<ActorWords> const words{
        {ActorKind::organization, "org", {{"template", {}}, {"plan", {"free", "pro", "business"}}, {"fields", {}}}, {}},
        {ActorKind::user, "user", {{"org", {}}, {"under", {}}, {"role", {"admin", "staff", "user"}}}, {}},
        {ActorKind::device,
         "device",
         {{"family", {"cpp", "js", "modern"}}, {"heartbeat_seconds", {}}},
         {"online", "org", "owner", "claim", "state", "status", "epoch", "lock", "ever_connected", "device_name",
          "printed", "connection", "refusal", "logins", "connects", "closes"}},
        {ActorKind::station, "station", {}, {}},
        {ActorKind::attacker, "attacker", {}, {}},
        {ActorKind::server, "server", {}, {}},
    };
    return words;
}

ActorWords const& words_of(ActorKind kind) { return actor_words()[static_cast<std::size_t>(kind)]; }

ActorWords const* actor_words_of(std::string_view name) {
    auto const words = actor_words();
    auto const found =
        std::find_if(words.begin(), words.end(), [&](ActorWords const& one) { return one.name == name; });
    return found == words.end() ? nullptr : &*found;
}

std::vector<std::string> actor_kind_names() {
    std::vector<std::string> names;
    for (ActorWords const& one : actor_words()) { names.push_back(one.name); }
    return names;
}

}  // namespace drydock::rig
