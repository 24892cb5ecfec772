// A load run as it stands before it begins: who takes part over which links, what they do, what
// happens meanwhile and what must be reached. Plain values; the rig fills them from a scenario file
// or a command line, the fleet (fleet.h) plays them.
#pragma once

#include "sim/device/machine.h"
#include "sim/fleet/phases.h"
#include "sim/fleet/thresholds.h"
#include "sim/link/profile.h"

#include <cstdint>
#include <string>
#include <vector>

namespace drydock::load {

// How a device is different from a well-behaved one.
enum class Temper : std::uint8_t {
    steady,       // none of the below
    cloned,       // a second device with the token of another: the two take each other's place for ever
    power_cuts,   // loses power now and then, without a word to the cloud, and boots again
    slow_reader,  // reads what it is sent a few bytes at a time
    malformed,    // sends frames that break the protocol once it is online; must be closed for it
    half_login,   // connects and sends only the first bytes of its login; must be closed for it
};

// Which answer is right for the tokens of a population.
enum class TokenFate : std::uint8_t {
    live,     // known to the cloud: 200
    unknown,  // minted by nobody: 9
    deleted,  // minted and deleted: 9
};

template <class T>
struct Share {
    T what{};
    std::uint32_t weight = 1;  // among the weights of its list; who gets what follows from the seed
};

struct Population {
    std::string name = "fleet";
    std::uint64_t count = 0;
    std::string link;  // one of LoadPlan::links
    std::vector<Share<Family>> families{{Family::modern, 1}};
    std::vector<Share<Temper>> tempers{{Temper::steady, 1}};
    TokenFate fate = TokenFate::live;
    std::uint32_t preclaimed_millionths = 0;  // so many are claimed before the run begins
    bool has_tls = false;
    std::uint32_t resumed_millionths = 0;  // TLS: so many offer the session of their last connection
    Duration heartbeat = std::chrono::seconds(45);
};

// What an online device does beside its heartbeat.
struct Activity {
    enum class Kind { ping, report };
    Kind kind = Kind::ping;
    Duration every{};
    std::uint32_t jitter_millionths = 0;  // of `every`, drawn evenly to both sides
    unsigned pin = 0;                     // report: which virtual pin
    std::int64_t walk_low = 0;            // report: a random walk between these two, in thousandths
    std::int64_t walk_high = 0;
};

// What happens at a time of the run, apart from arrivals. The fleet does the first group itself and
// asks its Operator (fleet.h) for the second.
struct Happening {
    enum class Kind {
        cell_outage,  // the cells of `share` lose every device, silently, for `lasts`
        power_cut,    // `share` of the devices lose power for `lasts` and boot at one instant
        half_open,    // `share` of the connections lose their way without notice to either side

        server_kill,   // kill -9 of the server and a start on the same data
        server_stop,   // the same with SIGTERM
        store_down,    // the store of the server fails for `lasts`
        claim_burst,   // `count` devices are claimed by as many of `users` customers at one instant
        release,       // the owners of `count` claimed devices delete them from their accounts
        disclaim,      // the maker disclaims `count` claimed devices
        delete_token,  // the maker deletes the tokens of `count` devices that are connected
        mint,          // `count` tokens are minted in the background
    };
    Kind kind = Kind::cell_outage;
    Duration at{};  // since the beginning of the run
    Duration lasts{};
    std::uint32_t share_millionths = 1'000'000;
    std::uint64_t count = 0;
    std::uint64_t users = 0;
    std::string text;  // as the scenario says it, for reports
};

// How many devices keep their whole event log, for the report.
struct Sampling {
    std::uint64_t full = 0;        // from the beginning
    std::uint64_t on_failure = 0;  // more of those to whom something wrong happened
};

struct LoadPlan {
    std::string id;
    std::string title;
    std::uint64_t seed = 1;
    std::vector<LinkProfile> links;
    std::vector<Population> populations;
    std::vector<Activity> session;
    std::vector<PhaseSpec> phase_specs;  // what `phases` was made from, for reports
    Phases phases;
    std::vector<Happening> happenings;  // ascending by time
    std::vector<Threshold> thresholds;
    Sampling sampling;

    [[nodiscard]] std::uint64_t devices() const {
        std::uint64_t all = 0;
        for (Population const& one : populations) { all += one.count; }
        return all;
    }
};

}  // namespace drydock::load
