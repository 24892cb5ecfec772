#include "rig/benchmark/auth.h"

#include "rig/bench/bench.h"
#include "rig/bench/daemon_process.h"
#include "rig/benchmark/peers.h"
#include "rig/benchmark/seeded_store.h"
#include "server/base/real_loop.h"
#include "server/wire/frame.h"
#include "sim/flood/flood.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <unistd.h>

namespace drydock::rig {

namespace {

// As many different devices take part; each has been online once before the clock starts.
constexpr std::uint64_t k_devices_max = 20'000;
constexpr std::uint64_t k_deleted = 1'000;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// CPU time of another process so far, in seconds (10 ms ticks).
double cpu_of(int process_id) {
    std::ifstream file("/proc/" + std::to_string(process_id) + "/stat");
    std::string text;
    std::getline(file, text);
    auto const after_name = text.rfind(')');
    if (after_name == std::string::npos) { return 0; }
    std::istringstream rest(text.substr(after_name + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) { rest >> skipped; }
    double user = 0;
    double system = 0;
    rest >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

load::Login login_with(std::string_view token, wire::Status right) {
    load::Login login;
    wire::append_frame(login.frame, wire::Command::login, 1, token);
    wire::append_response(login.right_answer, 1, right);
    return login;
}

struct Devices {
    std::vector<load::Login> known;
    std::vector<load::Login> unknown;
    std::vector<load::Login> deleted;
};

Devices devices_of(AuthOptions const& options, std::uint64_t deleted) {
    Devices devices;
    std::uint64_t const live = options.tokens - deleted;
    std::uint64_t const taking_part = std::min(live, k_devices_max);
    for (std::uint64_t i = 0; i < taking_part; ++i) {
        // Spread over the whole store, not its first rows.
        Secret const token = seeded_token(options.seed, i * (live / taking_part));
        devices.known.push_back(login_with(token.reveal(), wire::Status::ok));
        Secret const stranger = seeded_token(options.seed + 1, i);
        devices.unknown.push_back(login_with(stranger.reveal(), wire::Status::invalid_token));
    }
    for (std::uint64_t i = live; i < options.tokens; ++i) {
        devices.deleted.push_back(login_with(seeded_token(options.seed, i).reveal(), wire::Status::invalid_token));
    }
    return devices;
}

class Session {
public:
    explicit Session(AuthOptions const& options)
        : options_(options),
          deleted_(std::min(k_deleted, options.tokens / 2)),
          devices_(devices_of(options, deleted_)) {
        say("making a store of " + std::to_string(options.tokens) + " tokens");
        daemon_ = std::make_unique<DaemonProcess>(daemon_options());
        report_.start_seconds = seconds(clock().now() - prepared_at_);
        trust_ = TlsContext::client(daemon_->authority(), TlsContext::Verify::no);
        servers_.push_back(start_limit_server(options.program));
        if (!options.peer.empty()) { servers_.push_back(start_peer(options.peer)); }
        report_.tokens = options.tokens;
        report_.machine = machine_text();
    }

    AuthReport run() {
        warm_up();
        for (unsigned run = 0; run < options_.runs; ++run) {
            for (AuthCase const& one : auth_cases()) {
                bool const is_wanted = options_.cases.empty() || std::find(options_.cases.begin(), options_.cases.end(),
                                                                           one.name) != options_.cases.end();
                if (is_wanted && !is_interrupted()) { measure(one.name, run); }
            }
        }
        report_.was_interrupted = is_interrupted();
        return std::move(report_);
    }

private:
    [[nodiscard]] Clock& clock() { return real_.loop().clock; }
    [[nodiscard]] bool is_interrupted() const {
        return options_.is_interrupted != nullptr && options_.is_interrupted->load();
    }
    void say(std::string const& text) const {
        if (options_.progress) { options_.progress(text); }
    }

    DaemonProcessOptions daemon_options() {
        DaemonProcessOptions daemon;
        daemon.program = options_.daemon.empty() ? default_daemon_program() : options_.daemon;
        daemon.prepare = [this](std::filesystem::path const& data, Secret const& password) {
            SeededStore wanted;
            wanted.seed = options_.seed;
            wanted.tokens = options_.tokens;
            wanted.deleted = deleted_;
            TimePoint const begun = clock().now();
            make_seeded_store(data, password, wanted, [this](std::uint64_t made) {
                if (made % 100'000 == 0) { say(std::to_string(made) + " tokens"); }
            });
            prepared_at_ = clock().now();
            report_.fill_seconds = seconds(prepared_at_ - begun);
        };
        return daemon;
    }

    // Every device has been online once: a first connect is a durable write, which is not meant here.
    void warm_up() {
        say("every device logs in for the first time");
        load::FloodOptions first = common();
        first.warm_up = Duration(0);
        first.lasts = std::chrono::milliseconds(500);
        for (std::size_t done = 0; done < devices_.known.size() && !is_interrupted();) {
            load::FloodResult const result = load::flood(first, devices_.known, [](load::Instant) {});
            if (result.done == 0) { throw InfrastructureError("drydockd logs nobody in"); }
            done += result.done;
            std::rotate(devices_.known.begin(),
                        devices_.known.begin() +
                            static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(result.done, devices_.known.size())),
                        devices_.known.end());
        }
    }

    load::FloodOptions common() {
        load::FloodOptions flood;
        flood.target = {"127.0.0.1", daemon_->plain_port()};
        flood.in_flight = options_.in_flight;
        flood.lasts = options_.lasts;
        flood.is_interrupted = options_.is_interrupted;
        wire::append_frame(flood.ping.frame, wire::Command::ping, 3, {});
        wire::append_response(flood.ping.right_answer, 3, wire::Status::ok);
        return flood;
    }

    void measure(std::string_view name, unsigned run) {
        load::FloodOptions flood = common();
        std::vector<load::Login> const* logins = &devices_.known;
        bool has_limit = true;
        if (name == "unknown") { logins = &devices_.unknown; }
        if (name == "deleted") { logins = &devices_.deleted; }
        if (name == "half-rate") { flood.rate = half_rate(); }
        if (name == "messages" || name == "messages-16") { flood.work = load::Work::messages; }
        if (name == "messages-16") { flood.depth = 16; }
        if (name == "tls" || name == "tls-resumed") {
            flood.target.port = daemon_->secure_port();
            flood.tls = trust_;
            flood.resumes = name == "tls-resumed";
            has_limit = false;
        }
        // A closed store gives no answers for deleted tokens when there are none.
        if (logins->empty()) { return; }
        bool const answers_all = logins == &devices_.known;
        for (auto const& server : servers_) {
            bool const takes_part = has_limit && answers_all && (server->speaks_frames() || name == "login");
            if (!takes_part || is_interrupted()) { continue; }
            load::FloodOptions other = flood;
            other.target.port = server->port();
            one_run(name, *server, other, server->speaks_frames() ? *logins : server->logins(), run);
        }
        if (is_interrupted()) { return; }
        say(std::string(name) + ": drydockd, run " + std::to_string(run + 1));
        add(name, "drydockd", flood_against(daemon_->process_id(), flood, *logins));
    }

    void one_run(std::string_view name, Peer const& server, load::FloodOptions const& flood,
                 std::vector<load::Login> const& logins, unsigned run) {
        say(std::string(name) + ": " + server.name() + ", run " + std::to_string(run + 1));
        add(name, server.name(), flood_against(server.process_id(), flood, logins));
    }

    static AuthRun flood_against(int process_id, load::FloodOptions const& options,
                                 std::vector<load::Login> const& logins) {
        double cpu = 0;
        auto const watch = [&cpu, process_id](load::Instant instant) {
            cpu = instant == load::Instant::counting_begins ? cpu_of(process_id) : cpu_of(process_id) - cpu;
        };
        load::FloodResult const result = load::flood(options, logins, watch);
        AuthRun run;
        run.rate = result.rate();
        run.p50 = result.latency.percentile(50);
        run.p99 = result.latency.percentile(99);
        double const done = static_cast<double>(std::max<std::uint64_t>(result.done, 1));
        run.server_cpu_us = cpu * 1e6 / done;
        run.client_cpu_us = seconds(result.cpu) * 1e6 / done;
        run.wrong = result.wrong;
        run.failed = result.failed();
        if (!result.failures.empty()) { run.first_failure = result.failures.begin()->first; }
        run.late_p99 = result.late.percentile(99);
        return run;
    }

    // Half of what "login" reached; measured by a short run when that case is not asked for.
    double half_rate() {
        if (half_rate_ > 0) { return half_rate_; }
        for (AuthResult const& result : report_.results) {
            if (result.name == "login" && result.server == "drydockd") { half_rate_ = result.runs.front().rate / 2; }
        }
        if (half_rate_ <= 0) {
            load::FloodOptions flood = common();
            flood.lasts = std::chrono::seconds(1);
            half_rate_ = load::flood(flood, devices_.known, [](load::Instant) {}).rate() / 2;
        }
        return half_rate_;
    }

    void add(std::string_view name, std::string const& server, AuthRun run) {
        auto const same = [&](AuthResult const& one) { return one.name == name && one.server == server; };
        auto found = std::find_if(report_.results.begin(), report_.results.end(), same);
        if (found == report_.results.end()) {
            report_.results.push_back({std::string(name), server, {}});
            found = std::prev(report_.results.end());
        }
        found->runs.push_back(std::move(run));
    }

    AuthOptions const& options_;
    RealLoop real_;
    std::uint64_t deleted_;
    Devices devices_;
    TimePoint prepared_at_{};
    AuthReport report_;
    std::unique_ptr<DaemonProcess> daemon_;
    std::shared_ptr<TlsContext> trust_;
    std::vector<std::unique_ptr<Peer>> servers_;
    double half_rate_ = 0;
};

}  // namespace

std::vector<AuthCase> const& auth_cases() {
    static std::vector<AuthCase> const cases{
        {"login", "connect, log in, close; as fast as answers come"},
        {"half-rate", "the same at half that rate, evenly; latency from the intended start"},
        {"unknown", "tokens nobody minted: each must hear status 9"},
        {"deleted", "tokens that were deleted: each must hear status 9"},
        {"messages", "pings on held connections, one under way on each"},
        {"messages-16", "the same, 16 under way on each"},
        {"tls", "TLS 1.3 full handshake, log in, close"},
        {"tls-resumed", "TLS 1.3 resumed handshake, log in, close"},
    };
    return cases;
}

AuthReport run_auth(AuthOptions const& options) {
    for (std::string const& name : options.cases) {
        bool const is_known = std::any_of(auth_cases().begin(), auth_cases().end(),
                                          [&name](AuthCase const& one) { return one.name == name; });
        if (!is_known) { throw std::invalid_argument("no case is called '" + name + "'"); }
    }
    if (options.tokens < 2) { throw std::invalid_argument("--tokens must be at least 2"); }
    return Session(options).run();
}

bool has_failures(AuthReport const& report) {
    for (AuthResult const& result : report.results) {
        for (AuthRun const& run : result.runs) {
            if (run.wrong + run.failed > 0) { return true; }
        }
    }
    return false;
}

}  // namespace drydock::rig
