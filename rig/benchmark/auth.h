// `drydock benchmark auth`: how many devices the cloud logs in, beside the limit of the hardware
// measured in the same minutes, and beside peers doing the same work.
#pragma once

#include "server/base/clock.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace drydock::rig {

struct AuthOptions {
    std::uint64_t tokens = 10'000;
    std::uint64_t seed = 1;
    std::size_t in_flight = 64;
    unsigned runs = 5;
    Duration lasts = std::chrono::seconds(3);
    std::vector<std::string> cases;  // empty: all
    std::string peer;                // "mosquitto" or empty
    std::filesystem::path program;   // this program, to start the limit server with
    std::filesystem::path daemon;
    std::atomic<bool> const* is_interrupted = nullptr;
    std::function<void(std::string const&)> progress;
};

// One run of one case against one server.
struct AuthRun {
    double rate = 0;  // per second
    Duration p50{};
    Duration p99{};
    double server_cpu_us = 0;  // of the server, for each login or message
    double client_cpu_us = 0;
    std::uint64_t wrong = 0;
    std::uint64_t failed = 0;
    std::string first_failure;
    Duration late_p99{};  // the generator's own lag
};

struct AuthResult {
    std::string name;    // "login"
    std::string server;  // "drydockd", "limit", "mosquitto"
    std::vector<AuthRun> runs;
};

struct AuthReport {
    std::string machine;
    std::uint64_t tokens = 0;
    double fill_seconds = 0;   // tokens made durable, minting and sealing included
    double start_seconds = 0;  // from exec of drydockd with them to its open doors
    std::vector<AuthResult> results;
    bool was_interrupted = false;
};

struct AuthCase {
    std::string_view name;
    std::string_view what;
};
[[nodiscard]] std::vector<AuthCase> const& auth_cases();

// Throws InfrastructureError, and std::invalid_argument for an unknown case or peer.
[[nodiscard]] AuthReport run_auth(AuthOptions const& options);

// A table for people, with each result as a share of the limit of the same minutes.
[[nodiscard]] std::string auth_table(AuthReport const& report);
[[nodiscard]] std::string auth_json(AuthReport const& report);

// True when an answer was wrong or a connection failed.
[[nodiscard]] bool has_failures(AuthReport const& report);

}  // namespace drydock::rig
