// `drydock benchmark auth`: how many devices the cloud logs in, beside the limit of the hardware
// measured in the same minutes, and beside peers doing the same work. Runs on the caller's thread.
#pragma once

#include "rig/benchmark/cases.h"
#include "server/base/clock.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

struct AuthOptions {
    std::vector<std::uint64_t> tokens{20'000};  // several: a drydockd each, compared in the same run
    std::uint64_t seed = 1;
    std::size_t in_flight = 64;
    std::size_t held = 5'000;
    std::size_t storm = 19'000;
    std::size_t storm_tls = 5'000;
    std::size_t revoke = 1'000;
    unsigned runs = 5;
    Duration lasts = std::chrono::seconds(3);
    std::vector<std::string> cases;  // empty: all
    std::vector<std::string> peers;
    std::filesystem::path program;  // this program, to start the limit server and the minting with
    std::filesystem::path daemon;
    std::filesystem::path fixtures = "fixtures";
    std::atomic<bool> const* is_interrupted = nullptr;
    std::function<void(std::string const&)> progress;
};

// Devices online while tokens are deleted, those of the deleted ones among them.
inline constexpr std::size_t k_revoke_online = 10'000;

// One run of one case against one server.
struct AuthRun {
    double rate = 0;  // per second
    Duration p50{};
    Duration p99{};
    Duration longest{};        // revoke: from an answered deletion to the cut-off, the longest
    Duration since_due_p99{};  // revoke: from when a deletion was due to the cut-off
    double server_cpu_us = 0;  // of the server, for each login or message
    double client_cpu_us = 0;
    double flood_cpu_us = 0;  // fleet: the flood's, for the same
    double seconds = 0;       // hold, storm: until all were up
    double server_bytes = 0;  // hold: memory of the server for each connection
    double client_bytes = 0;  // hold: heap of this process for each connection
    std::uint64_t wrong = 0;
    std::uint64_t failed = 0;
    std::string first_failure;
    Duration late_p99{};  // the generator's own lag
    std::uint64_t listen_overflows = 0;
    std::uint64_t syn_retransmits = 0;
    std::uint64_t resumed = 0;  // TLS sessions
    std::uint64_t minted = 0;   // meanwhile
    std::uint64_t claimed = 0;
};

// Open loop: a generator later than this measures itself (performance.md: 1 ms).
inline constexpr Duration k_late_max = std::chrono::milliseconds(1);

struct AuthResult {
    std::string name;          // "login"
    std::string server;        // "drydockd", "limit", "mosquitto"
    std::uint64_t tokens = 0;  // in the store of a drydockd; 0 for others
    std::vector<AuthRun> runs;
};

// What a drydockd stands on.
struct AuthStock {
    std::uint64_t tokens = 0;
    double fill_seconds = 0;   // tokens made durable, minting and sealing included
    double start_seconds = 0;  // from exec of drydockd with them to its open doors
};

struct AuthReport {
    std::string machine;
    std::string compiler;
    std::string commit;
    std::vector<AuthStock> stocks;
    std::size_t in_flight = 0;
    std::vector<AuthResult> results;
    bool was_interrupted = false;
};

// Throws InfrastructureError, and std::invalid_argument for an unknown case or peer.
[[nodiscard]] AuthReport run_auth(AuthOptions const& options);

// The highest even rate of logins that meets a condition (RateSearch). What a machine can do moves from minute to
// minute, so each step is a share of what the limit did beside the last few.
struct FindOptions {
    Duration p99_max{};
    Duration step_lasts = std::chrono::seconds(2);
};
struct Capacity {
    double share = 0;       // of the limit; 0: no rate meets it
    double share_low = 0;   // the interval of it
    double share_high = 0;  // 0: no rate was seen not to meet it
    double limit = 0;       // logins per second of the limit: median over the search
    unsigned steps = 0;
    bool is_generator_bound = false;  // above that the generator was late or had no core left: not the server's end
    bool was_interrupted = false;

    [[nodiscard]] double rate() const { return share * limit; }
    [[nodiscard]] double low() const { return share_low * limit; }
    [[nodiscard]] double high() const { return share_high * limit; }
};
[[nodiscard]] Capacity find_capacity(AuthOptions const& options, FindOptions const& find);

// True when an answer was wrong or a connection failed.
[[nodiscard]] bool has_failures(AuthReport const& report);

}  // namespace drydock::rig
