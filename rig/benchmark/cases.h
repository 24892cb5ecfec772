// What `drydock benchmark auth` can measure: a table. Plain data.
#pragma once

#include "sim/flood/flood.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

struct AuthCase {
    enum class Tokens { known, unknown, deleted };
    enum class Link { plain, tls, tls_resumed };
    // What happens to the server meanwhile.
    enum class Trouble { none, restart, minting, revoking };
    // Who plays the devices. `fleet`: both in turn, for what a device costs its generator.
    enum class Load { flood, fleet };

    std::string_view name;
    std::string_view what;
    load::Work work = load::Work::churn;
    Link link = Link::plain;
    Tokens tokens = Tokens::known;
    unsigned depth = 1;
    double share_of_top = 0;  // open loop at this share of what "login" reached; 0: closed loop
    Trouble trouble = Trouble::none;
    bool has_peers = false;  // brokers of others can do it too
    Load load = Load::flood;
};

[[nodiscard]] std::vector<AuthCase> const& auth_cases();
// Throws std::invalid_argument, naming those that exist, for a name no case has.
[[nodiscard]] std::vector<AuthCase> cases_named(std::vector<std::string> const& names);

// What a figure of a case says about the server, and whether more is better.
enum class Measure { rate, p99, seconds, server_bytes, server_cpu, client_cpu_of_flood };
[[nodiscard]] std::string_view to_text(Measure measure);
// Of value_of() in samples.h: "/s"; empty for a ratio.
[[nodiscard]] std::string_view unit_of(Measure measure);
[[nodiscard]] std::optional<Measure> measure_from(std::string_view text);
[[nodiscard]] bool is_more_better(Measure measure);
// The figures worth keeping and comparing, the telling one first.
[[nodiscard]] std::vector<Measure> measures_of(AuthCase const& one);

}  // namespace drydock::rig
