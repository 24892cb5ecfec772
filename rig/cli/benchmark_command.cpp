#include "rig/cli/benchmark_command.h"

#include "rig/bench/bench.h"
#include "rig/benchmark/auth.h"
#include "rig/benchmark/limit_server.h"
#include "rig/cli/interrupt.h"
#include "rig/cli/run_command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include <sys/resource.h>

namespace drydock::rig {

namespace {

struct AuthCommand {
    AuthOptions options;
    double seconds = 3;
    std::filesystem::path json;
    bool is_quiet = false;
};

std::string list_of_cases() {
    std::string text = "Cases:\n";
    for (AuthCase const& one : auth_cases()) { text += fmt::format("  {:<12} {}\n", one.name, one.what); }
    return text;
}

void raise_descriptor_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) { return; }
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

Exit run_auth_command(AuthCommand& command) {
    command.options.lasts = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(command.seconds));
    command.options.program = std::filesystem::read_symlink("/proc/self/exe");
    command.options.is_interrupted = watch_for_interrupt();
    if (!command.is_quiet) {
        command.options.progress = [](std::string const& text) { fmt::print(stderr, "{}\n", text); };
    }
    raise_descriptor_limit();
    AuthReport const report = run_auth(command.options);
    fmt::print("{}", auth_table(report));
    if (!command.json.empty()) {
        std::ofstream file(command.json);
        file << auth_json(report) << '\n';
        file.close();
        if (!file) { throw InfrastructureError("cannot write " + command.json.string()); }
    }
    if (report.was_interrupted) { return Exit::interrupted; }
    return has_failures(report) ? Exit::failed : Exit::passed;
}

}  // namespace

void add_benchmark(CLI::App& app, int& code) {
    auto* benchmark = app.add_subcommand("benchmark", "Measure the cloud beside the limit of the machine");
    benchmark->require_subcommand(1);
    auto command = std::make_shared<AuthCommand>();
    auto* auth = benchmark->add_subcommand("auth", "Logins per second over loopback, from a second process");
    auth->footer(list_of_cases() +
                 "Examples:\n"
                 "  drydock benchmark auth --case login --case tls\n"
                 "  drydock benchmark auth --tokens 1000000 --runs 5 --peer mosquitto --json auth.json");
    auth->add_option("--tokens", command->options.tokens, "Tokens in the store")
        ->capture_default_str()
        ->check(CLI::Range(std::uint64_t{2}, std::uint64_t{10'000'000}));
    auth->add_option("--in-flight", command->options.in_flight, "Connections at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    auth->add_option("--runs", command->options.runs, "Runs of each case, in turn with the others")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    auth->add_option("--seconds", command->seconds, "Counted time of each run")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0));
    auth->add_option("--case", command->options.cases, "One of the cases below; may be repeated; all unless told");
    auth->add_option("--peer", command->options.peer, "A broker to stand beside: mosquitto");
    auth->add_option("--seed", command->options.seed, "Which tokens are minted")->capture_default_str();
    auth->add_option("--json", command->json, "File for the results");
    auth->add_option("--daemon", command->options.daemon, "The drydockd to measure");
    auth->add_flag("-q,--quiet", command->is_quiet, "No progress lines");
    auth->callback([command, &code] {
        try {
            code = static_cast<int>(run_auth_command(*command));
        } catch (std::invalid_argument const& e) {
            fmt::print(stderr, "drydock benchmark auth: {} (see --help)\n", e.what());
            code = static_cast<int>(Exit::usage);
        } catch (InfrastructureError const& e) {
            fmt::print(stderr, "drydock benchmark auth: {}\n", e.what());
            code = static_cast<int>(Exit::infrastructure);
        }
    });
    benchmark->add_subcommand("limit-server", "The smallest server there is, as started by `auth`")->callback([&code] {
        code = run_limit_server([](std::uint16_t port) {
            fmt::print("{}\n", port);
            std::fflush(stdout);
        });
    });
}

}  // namespace drydock::rig
