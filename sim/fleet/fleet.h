// Thousands of devices on one loop: they arrive by the plan, live their sessions, meet what
// happens, and every answer they get is judged. The same object plays on sockets and in virtual
// time. Owned by the rig, which performs what only the cloud's owner can do (Operator). Loop thread.
#pragma once

#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"
#include "sim/fleet/load_plan.h"
#include "sim/fleet/summary.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::load {

// What device number `index` of the plan carries. 32 characters; kept once, printed never.
using TokenText = std::array<char, 32>;

struct FleetOptions {
    Address target;      // plain populations
    Address tls_target;  // populations with TLS
    std::shared_ptr<TlsContext> tls;
    std::string tls_host;
    // Of the devices of this shard, in the order of their index.
    std::vector<TokenText> tokens;
    Shard shard;
    // Addresses devices connect from, 127.0.0.1 and up: one has only 28,000 ports. Real sockets only.
    unsigned source_addresses = 16;
};

// Which devices an operator asks for.
enum class Wanted { online, online_unclaimed, online_claimed };

// The name in FleetSnapshot::errors of connections that the generator's own machine had no room for.
// They say nothing about the cloud, and the run that has any is not worth much.
constexpr std::string_view k_machine_full = "no descriptor or port left on the generator's machine";

// The fleet as it is now, for a live view.
struct FleetSnapshot {
    Duration since_begin{};
    std::string phase;
    std::uint64_t devices = 0;   // of this shard
    std::uint64_t arrived = 0;   // switched on so far
    std::uint64_t expected = 0;  // should be online now
    std::uint64_t online = 0;
    std::map<std::string, std::uint64_t> errors;  // by cause, since the beginning
};

class Operator;

class Fleet {
public:
    // `who` must outlive the fleet. Throws std::invalid_argument when tokens and plan do not match.
    Fleet(Loop& loop, Dialer& dialer, EventLog& events, LoadPlan const& plan, FleetOptions options, Operator& who);
    ~Fleet();
    Fleet(Fleet const&) = delete;
    Fleet& operator=(Fleet const&) = delete;

    // Plays the plan; calls `on_finished` once, after the last phase. `begin` is the shared start of
    // all shards, in this loop's time.
    void start(TimePoint begin, std::function<void()> on_finished);
    // Everybody hangs up now; what was counted stays.
    void stop();

    [[nodiscard]] FleetSnapshot snapshot() const;
    [[nodiscard]] std::uint64_t online() const;  // as in the snapshot
    // What was counted so far. The rig adds gauges of the server.
    [[nodiscard]] Summary& summary();

    // --- for the operator
    // At most `count` devices, spread over the fleet by the seed; fewer when there are no more. They are
    // not picked again until one of the calls below names them.
    [[nodiscard]] std::vector<std::uint64_t> pick(Wanted wanted, std::uint64_t count);
    // The cloud answered that this device was claimed; the place it is in was looked up. Counts in the
    // phase in which devices were last picked to be claimed: one burst at a time.
    void was_claimed(std::uint64_t device, Duration took, bool is_in_right_place);
    // The cloud refused to claim it, or did not answer in time.
    void claim_failed(std::uint64_t device);
    // Nothing came of what they were picked for: they may be picked again. Unknown ones are ignored.
    void release(std::vector<std::uint64_t> const& devices);
    // Its owner gave it up, or the maker took it back: it will be closed once, and comes back by itself.
    void was_unclaimed(std::uint64_t device);
    // Its token was deleted, answered at `answered`: it must be cut off and hear 9 ever after.
    void was_deleted(std::uint64_t device, TimePoint answered);
    // The server is down on purpose until told otherwise: losses are no failure of the cloud, but
    // every status 9 for a live token still is.
    void server_is_away(bool is_away);

private:
    class Engine;
    std::unique_ptr<Engine> engine_;
};

// Whoever owns the cloud under test. Calls `then` once, with a sentence on what came of it; empty
// when all went well.
class Operator {
public:
    Operator() = default;
    Operator(Operator const&) = delete;
    Operator& operator=(Operator const&) = delete;
    virtual ~Operator() = default;
    virtual void perform(Fleet& fleet, Happening const& what, std::function<void(std::string)> then) = 0;
};

}  // namespace drydock::load
