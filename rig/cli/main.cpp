// drydock: the tool people run.
#include "reports/write/page.h"
#include "rig/bench/daemon_process.h"
#include "rig/benchmark/auth.h"
#include "rig/cli/benchmark_command.h"
#include "rig/cli/command_line.h"
#include "rig/cli/fleet_command.h"
#include "rig/cli/guarded.h"
#include "rig/cli/help.h"
#include "rig/cli/links_command.h"
#include "rig/cli/mistake.h"
#include "rig/cli/report_command.h"
#include "rig/cli/report_folder.h"
#include "rig/cli/run_command.h"
#include "rig/cli/tell.h"
#include "rig/load/load_run.h"
#include "rig/scenario/schema.h"
#include "rig/verbs/table.h"
#include "server/app/daemon.h"
#include "server/app/listen_option.h"
#include "server/base/real_loop.h"
#include "sim/fleet/histogram.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include <sys/resource.h>

namespace {

using namespace drydock;
using namespace drydock::rig;

int to_code(Exit exit) { return static_cast<int>(exit); }

void add_run(CLI::App& app, RunCommand& command, std::string& faulty, int& code) {
    auto* run = app.add_subcommand("run", "Run scenario files and write the report");
    run->footer(run_help_end(
        {"run scenarios/lifecycle", "run scenarios --bench loopback --bench loopback-tls --only claim -o out/first"}));
    run->add_option("paths", command.paths, "Scenario files or folders")->capture_default_str();
    run->add_option("--bench", command.benches, "virtual, loopback or loopback-tls; may be repeated")
        ->capture_default_str();
    run->add_option("--only", command.only, "Run only scenarios whose id contains this");
    run->add_option("--seed", command.seed, "Seed of everything drawn; the scenario's own or 1 unless told")
        ->check(why_no_seed);
    run->add_flag("--shuffle", command.shuffles, "Virtual bench: ready work in an order drawn from the seed");
    run->add_option("--faulty", faulty,
                    "Run against a server that is wrong on purpose: claim-without-condition, delete-keeps-session, "
                    "invalid-token-while-down, crash-on-claim (not on the virtual bench)");
    run->add_option("-o,--output", command.output, k_output_help)->check(why_no_folder);
    run->add_option("--daemon", command.daemon, "The drydockd of the loopback benches");
    run->add_flag("-q,--quiet", command.is_quiet, "No progress lines");
    run->callback([&] {
        auto const known = faulty_server_from(faulty);
        if (!known) {
            tell("drydock: no faulty server is called '{}': one of {}\n", faulty,
                 fmt::join(faulty_server_names(), ", "));
            code = to_code(Exit::usage);
            return;
        }
        command.faulty = *known;
        code = guarded("run", [&] { return run_scenarios(command); });
    });
}

void add_serve(CLI::App& app, DaemonOptions& options, std::string& plain, std::string& secure, int& code) {
    auto* serve = app.add_subcommand("serve", "Run the reference cloud in the foreground");
    serve->footer(help_end({"serve", "serve --data drydock-data --listen 127.0.0.1:8080"},
                           {{Exit::passed, "ended by Ctrl-C or SIGTERM"},
                            {Exit::usage, "usage: a wrong option"},
                            {Exit::infrastructure, "infrastructure: the store or a port cannot be had"}}));
    serve->add_option("--data", options.data, "Folder of the store, its key and the development authority")
        ->capture_default_str();
    serve->add_option("--listen", plain, "Address of the plain port (0 picks a free one)")->capture_default_str();
    serve->add_option("--listen-tls", secure, "Address of the TLS port")->capture_default_str();
    serve->add_option("--setup-password-file", options.setup_password_file,
                      "Password of admin@localhost at the first start");
    serve->callback([&] {
        auto const plain_address = address_from(plain);
        auto const secure_address = address_from(secure);
        if (!plain_address || !secure_address) {
            tell("drydock: --listen and --listen-tls take HOST:PORT\n");
            code = to_code(Exit::usage);
            return;
        }
        options.plain = *plain_address;
        options.secure = *secure_address;
        code = run_daemon(std::move(options));
    });
}

void add_links(CLI::App& app, std::filesystem::path& plots, int& code) {
    auto* links = app.add_subcommand("links", "List the link profiles that scenarios may name");
    links->footer(help_end({"links", "links --plot out/links"},
                           {{Exit::passed, "listed"},
                            {Exit::usage, "usage: a wrong option"},
                            {Exit::infrastructure, "infrastructure: a plot cannot be written"}}));
    links->add_option("--plot", plots, "Folder for a plot of each, as SVG: what times it produces");
    links->callback([&] { code = guarded("links", [&] { return list_links(plots); }); });
}

// What looks at scenario files without running them.
void add_files(CLI::App& app, std::vector<std::string>& paths, bool& as_json, int& code) {
    ExitMeaning const nothing{Exit::nothing_selected, "no scenario file there"};
    auto* check = app.add_subcommand("check", "Say all that is wrong with scenario files, without running them");
    check->footer(help_end(
        {"check scenarios", "check scenarios/bad  # left out unless it is named"},
        {{Exit::passed, "all files are right"}, {Exit::usage, "usage: a file is wrong, or an option"}, nothing}));
    check->add_option("paths", paths, "Scenario files or folders")->capture_default_str();
    check->callback([&] { code = to_code(check_scenarios(paths)); });
    auto* list = app.add_subcommand("list", "List scenarios");
    list->footer(help_end({"list scenarios/chaos", "list --json"},
                          {{Exit::passed, "listed"}, {Exit::usage, "usage: a file is wrong, or an option"}, nothing}));
    list->add_option("paths", paths, "Scenario files or folders")->capture_default_str();
    list->add_flag("--json", as_json, "For programs");
    list->callback([&] { code = to_code(list_scenarios(paths, as_json)); });
}

std::string printing_help_end(std::initializer_list<std::string_view> examples) {
    return help_end(examples, {{Exit::passed, "printed"}, {Exit::usage, "usage: a wrong option"}});
}

// What prints what the program knows.
void add_printed(CLI::App& app, std::string& format) {
    auto* schema = app.add_subcommand("schema", "Print a published JSON Schema, for editors and programs");
    schema->footer(printing_help_end({"schema > scenario.schema.json", "schema run"}));
    schema->add_option("format", format, "scenario: the scenario files; run: run.json")
        ->check(CLI::IsMember({"scenario", "run"}))
        ->capture_default_str();
    schema->callback([&format] {
        fmt::print("{}\n", format == "run" ? std::string(report::run_schema()) : scenario_schema(verb_specs()));
    });
    auto* verbs = app.add_subcommand("verbs", "Print the reference of all verbs");
    verbs->footer(printing_help_end({"verbs"}));
    verbs->callback([] { fmt::print("{}", verb_reference(verb_specs())); });
    auto* metrics = app.add_subcommand("metrics", "Print the reference of all metrics of thresholds");
    metrics->footer(printing_help_end({"metrics"}));
    metrics->callback([] { fmt::print("{}", metric_reference()); });
    auto* version = app.add_subcommand("version", "Print the version");
    version->footer(printing_help_end({"version"}));
    version->callback([] { fmt::print("drydock {}\n", DRYDOCK_VERSION); });
}

constexpr unsigned k_cores_min = 2;
constexpr int k_sleeps = 200;
constexpr Duration k_sleep = std::chrono::milliseconds(1);

// By how much sleeps of a millisecond end late: p99 of two hundred.
Duration lateness_of_sleeps() {
    RealLoop real;
    Clock& clock = real.loop().clock;
    load::Histogram late;
    for (int i = 0; i < k_sleeps; ++i) {
        TimePoint const due = clock.now() + k_sleep;
        clock.call_at(due, [&clock, &late, due] { late.record(clock.now() - due); });
        real.reactor().run_one();
    }
    return late.percentile(99);
}

int doctor() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    auto const daemon = default_daemon_program();
    bool const has_daemon = std::filesystem::exists(daemon);
    fmt::print("drydock {}\n", DRYDOCK_VERSION);
    fmt::print("{} drydockd: {}\n", has_daemon ? "ok  " : "FAIL", daemon.string());
    fmt::print("{} open files: {} now, {} at most (a fleet of n devices needs n + {})\n",
               files.rlim_max >= 4096 ? "ok  " : "warn", files.rlim_cur, files.rlim_max, k_other_files);
    std::error_code failure;
    auto const space = std::filesystem::space(std::filesystem::temp_directory_path(), failure);
    fmt::print("{} room in {}: {} MiB\n", !failure && space.available > (64U << 20U) ? "ok  " : "FAIL",
               std::filesystem::temp_directory_path().string(), space.available >> 20U);
    unsigned const cores = std::thread::hardware_concurrency();
    fmt::print("{} cores: {} (a fleet and the server it measures want {})\n", cores >= k_cores_min ? "ok  " : "warn",
               cores, k_cores_min);
    Duration const late = lateness_of_sleeps();
    using Microseconds = std::chrono::duration<double, std::micro>;
    fmt::print("{} sleeps of 1 ms end late by {:.0f} us (p99; a load run lets its generator be late by {:.0f} us)\n",
               late <= k_late_max ? "ok  " : "warn", Microseconds(late).count(), Microseconds(k_late_max).count());
    return has_daemon ? 0 : to_code(Exit::infrastructure);
}

void add_doctor(CLI::App& app, int& code) {
    auto* look = app.add_subcommand("doctor", "Look whether this machine can run it all");
    look->footer(help_end({"doctor"}, {{Exit::passed, "fit"},
                                       {Exit::usage, "usage: a wrong option"},
                                       {Exit::infrastructure, "infrastructure: drydockd is missing"}}));
    look->callback([&code] { code = doctor(); });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"drydock: test rig for fleets of devices with static tokens"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "drydock " DRYDOCK_VERSION, "Print the version");
    app.name(program_name());
    app.footer(run_help_end({"check scenarios", "run scenarios/lifecycle --bench loopback -o out/first"}));
    int code = 0;
    RunCommand run;
    CommandLine const typed = command_line_of({argv, argv + argc});
    run.command_line = typed.whole;
    std::string faulty = "none";
    add_run(app, run, faulty, code);

    std::vector<std::string> paths{"scenarios"};
    bool as_json = false;
    std::string format = "scenario";
    std::filesystem::path plots;
    add_files(app, paths, as_json, code);
    add_printed(app, format);
    add_links(app, plots, code);
    DaemonOptions serve;
    std::string plain = "127.0.0.1:8080";
    std::string secure = "127.0.0.1:9443";
    add_serve(app, serve, plain, secure, code);
    add_benchmark(app, code);
    add_fleet(app, typed, code);
    add_report(app, typed.whole, code);
    add_doctor(app, code);
    try {
        app.parse(argc, argv);
    } catch (CLI::Success const& e) { return app.exit(e); } catch (CLI::ParseError const& e) {
        tell("{}\n", about_mistake(app, e.what()));
        return to_code(Exit::usage);
    } catch (std::exception const& e) {
        tell("drydock: {}\n", e.what());
        return to_code(Exit::internal);
    }
    return code;
}
