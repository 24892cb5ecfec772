// drydock: the tool people run.
#include "reports/write/page.h"
#include "rig/bench/daemon_process.h"
#include "rig/cli/benchmark_command.h"
#include "rig/cli/fleet_command.h"
#include "rig/cli/guarded.h"
#include "rig/cli/links_command.h"
#include "rig/cli/report_command.h"
#include "rig/cli/run_command.h"
#include "rig/scenario/schema.h"
#include "rig/verbs/table.h"
#include "server/app/daemon.h"
#include "server/app/listen_option.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sys/resource.h>

namespace {

using namespace drydock;
using namespace drydock::rig;

constexpr char const* k_exit_codes =
    "Exit codes:\n"
    "  0 passed\n"
    "  1 the product failed: a check, or the server under test died\n"
    "  2 interrupted: what was done until then is in the report\n"
    "  3 internal error of drydock\n"
    "  4 usage: a wrong option, an invalid file, or a scenario that cannot be run as written\n"
    "  5 nothing selected\n"
    "  6 infrastructure: the rig, its surroundings or the set-up; or no verdict, as a scenario ran out of time\n"
    "  7 a load run crossed a threshold, and nothing worse happened";

int to_code(Exit exit) { return static_cast<int>(exit); }

void add_run(CLI::App& app, RunCommand& command, std::string& faulty, int& code) {
    auto* run = app.add_subcommand("run", "Run scenario files and write the report");
    run->footer(
        "Examples:\n"
        "  drydock run scenarios/lifecycle\n"
        "  drydock run scenarios --bench loopback --bench loopback-tls --only claim\n\n" +
        std::string(k_exit_codes));
    run->add_option("paths", command.paths, "Scenario files or folders")->capture_default_str();
    run->add_option("--bench", command.benches, "virtual, loopback or loopback-tls; may be repeated")
        ->capture_default_str();
    run->add_option("--only", command.only, "Run only scenarios whose id contains this");
    run->add_option("--seed", command.seed, "Seed of everything drawn; the scenario's own or 1 unless told");
    run->add_flag("--shuffle", command.shuffles, "Virtual bench: ready work in an order drawn from the seed");
    run->add_option("--faulty", faulty,
                    "Run against a server that is wrong on purpose: claim-without-condition, delete-keeps-session, "
                    "invalid-token-while-down, crash-on-claim (not on the virtual bench)");
    run->add_option("-o,--output", command.output, "Folder of the report")->capture_default_str();
    run->add_option("--daemon", command.daemon, "The drydockd of the loopback benches");
    run->add_flag("-q,--quiet", command.is_quiet, "No progress lines");
    run->callback([&] {
        auto const known = faulty_server_from(faulty);
        if (!known) {
            fmt::print(stderr, "drydock: no faulty server is called '{}': one of {}\n", faulty,
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
    serve->footer("Example:\n  drydock serve --data drydock-data --listen 127.0.0.1:8080");
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
            fmt::print(stderr, "drydock: --listen and --listen-tls take HOST:PORT\n");
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
    links->add_option("--plot", plots, "Folder for a plot of each, as SVG: what times it produces");
    links->callback([&] { code = guarded("links", [&] { return list_links(plots); }); });
}

int doctor() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    auto const daemon = default_daemon_program();
    bool const has_daemon = std::filesystem::exists(daemon);
    fmt::print("drydock {}\n", DRYDOCK_VERSION);
    fmt::print("{} drydockd: {}\n", has_daemon ? "ok  " : "FAIL", daemon.string());
    fmt::print("{} open files: {} now, {} at most (a fleet of n devices needs n + 100)\n",
               files.rlim_max >= 4096 ? "ok  " : "warn", files.rlim_cur, files.rlim_max);
    std::error_code failure;
    auto const space = std::filesystem::space(std::filesystem::temp_directory_path(), failure);
    fmt::print("{} room in {}: {} MiB\n", !failure && space.available > (64U << 20U) ? "ok  " : "FAIL",
               std::filesystem::temp_directory_path().string(), space.available >> 20U);
    return has_daemon ? 0 : to_code(Exit::infrastructure);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"drydock: test rig for fleets of devices with static tokens"};
    app.require_subcommand(1);
    app.footer(
        "Examples:\n"
        "  drydock check scenarios\n"
        "  drydock run scenarios/lifecycle --bench loopback -o out/first\n\n" +
        std::string(k_exit_codes));
    int code = 0;
    RunCommand run;
    for (int i = 0; i < argc; ++i) {
        run.command_line += (i == 0 ? "" : " ") + std::string(i == 0 ? "drydock" : argv[i]);
    }
    std::string faulty = "none";
    add_run(app, run, faulty, code);

    std::vector<std::string> paths{"scenarios"};
    bool as_json = false;
    auto* check = app.add_subcommand("check", "Say all that is wrong with scenario files, without running them");
    check->add_option("paths", paths, "Scenario files or folders")->capture_default_str();
    check->callback([&] { code = to_code(check_scenarios(paths)); });
    auto* list = app.add_subcommand("list", "List scenarios");
    list->add_option("paths", paths, "Scenario files or folders")->capture_default_str();
    list->add_flag("--json", as_json, "For programs");
    list->callback([&] { code = to_code(list_scenarios(paths, as_json)); });

    std::string format = "scenario";
    auto* schema = app.add_subcommand("schema", "Print a published JSON Schema, for editors and programs");
    schema->add_option("format", format, "scenario: the scenario files; run: run.json")
        ->check(CLI::IsMember({"scenario", "run"}))
        ->capture_default_str();
    schema->callback([&format] {
        fmt::print("{}\n", format == "run" ? std::string(report::run_schema()) : scenario_schema(verb_specs()));
    });
    app.add_subcommand("verbs", "Print the reference of all verbs")->callback([] {
        fmt::print("{}", verb_reference(verb_specs()));
    });
    std::filesystem::path plots;
    add_links(app, plots, code);
    DaemonOptions serve;
    std::string plain = "127.0.0.1:8080";
    std::string secure = "127.0.0.1:9443";
    add_serve(app, serve, plain, secure, code);
    add_benchmark(app, code);
    add_fleet(app, run.command_line, code);
    add_report(app, run.command_line, code);
    app.add_subcommand("doctor", "Look whether this machine can run it all")->callback([&code] { code = doctor(); });
    app.add_subcommand("version", "Print the version")->callback([] { fmt::print("drydock {}\n", DRYDOCK_VERSION); });
    try {
        app.parse(argc, argv);
    } catch (CLI::CallForHelp const& e) { return app.exit(e); } catch (CLI::ParseError const& e) {
        app.exit(e);
        return e.get_exit_code() == 0 ? 0 : to_code(Exit::usage);
    } catch (std::exception const& e) {
        fmt::print(stderr, "drydock: {}\n", e.what());
        return to_code(Exit::internal);
    }
    return code;
}
