// What a scenario stands on: a cloud, a network to reach it and a clock. The same scenario file
// runs on every bench; only this room knows which one. One bench per case, used on one thread.
#pragma once

#include "server/app/cloud.h"
#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

// The rig or its surroundings failed, not the product: exit 6.
class InfrastructureError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// What an interrupt cut short, which is nobody's fault.
class InterruptedError : public InfrastructureError {
public:
    using InfrastructureError::InfrastructureError;
};

// How to reach the cloud under test.
struct Target {
    Address address;
    std::shared_ptr<TlsContext> tls;  // empty: plain
    std::string tls_host;             // the name its certificate must carry
};

class Bench {
public:
    Bench() = default;
    Bench(Bench const&) = delete;
    Bench& operator=(Bench const&) = delete;
    virtual ~Bench() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual Loop& loop() = 0;
    [[nodiscard]] virtual Dialer& dialer() = 0;
    [[nodiscard]] virtual EventLog& events() = 0;
    [[nodiscard]] virtual Target target() = 0;
    // The password of admin@localhost, the root administrator.
    [[nodiscard]] virtual Secret setup_password() = 0;
    // Runs the loop while `more` says so. False: nothing is left that could ever make progress.
    [[nodiscard]] virtual bool run_while(std::function<bool()> more) = 0;
    // Fault injection into the store of the cloud.
    virtual void set_store_down(bool is_down) = 0;
    // How the cloud under test ended by itself: its signal or exit code, and the end of its log. Nothing while it
    // runs. Waits up to `patience` of real time for an end that may be under way.
    [[nodiscard]] virtual std::optional<std::string> server_end(std::chrono::milliseconds patience) {
        static_cast<void>(patience);
        return std::nullopt;
    }
    // Who waits for what, when run_while gave false.
    [[nodiscard]] virtual std::string stall_report() { return {}; }
    // True when time is virtual, so that verdicts and hashes repeat.
    [[nodiscard]] virtual bool is_virtual() const { return false; }
};

struct BenchOptions {
    Seed seed;
    FaultyServer faulty = FaultyServer::none;
    bool shuffles = false;                              // virtual only: ready work in an order drawn from the seed
    std::filesystem::path daemon;                       // loopback: the drydockd to start
    std::filesystem::path evidence;                     // loopback: where the server's log goes; empty: nowhere
    std::string external;                               // external: HOST:PORT
    std::atomic<bool> const* is_interrupted = nullptr;  // ends waiting for a server to start
};

// "virtual", "loopback", "loopback-tls".
[[nodiscard]] std::vector<std::string_view> const& bench_names();
// Throws InfrastructureError when the bench cannot be set up, std::invalid_argument for a name
// that is not in bench_names() or a faulty server that only a process of its own can be.
[[nodiscard]] std::unique_ptr<Bench> make_bench(std::string_view name, BenchOptions const& options);

[[nodiscard]] std::unique_ptr<Bench> make_virtual_bench(BenchOptions const& options);
enum class Transport { plain, tls };
[[nodiscard]] std::unique_ptr<Bench> make_loopback_bench(BenchOptions const& options, Transport transport);

}  // namespace drydock::rig
