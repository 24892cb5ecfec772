#include "rig/cli/fleet_command.h"

#include "rig/cli/guarded.h"
#include "rig/cli/help.h"
#include "rig/cli/interrupt.h"
#include "rig/cli/live_page.h"
#include "rig/cli/load_case.h"
#include "rig/cli/load_progress.h"
#include "rig/cli/mistake.h"
#include "rig/cli/run_record.h"
#include "rig/cli/text_file.h"
#include "rig/load/foreign_tokens.h"
#include "server/app/listen_option.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <netdb.h>

#include <sys/socket.h>

namespace drydock::rig {

namespace {

struct FleetCommand {
    FleetWish wish;
    std::string target;  // HOST:PORT of somebody else's cloud
    std::string api;     // of the same cloud, for minting; the target unless told
    std::string authority;
    std::string tokens;
    std::string maker;  // who mints
    std::string password_file;
    std::string shard;
    std::optional<std::uint64_t> shards;
    std::string begin;
    unsigned workers = 0;
    bool is_virtual = false;
    bool has_web = false;
    std::uint16_t web_port = 0;
    std::filesystem::path output;  // empty: a new one (report_folder.h)
    std::filesystem::path daemon;
    bool is_quiet = false;
    CommandLine typed;
};

std::string variable(char const* name) {
    char const* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
    return value == nullptr ? std::string() : std::string(value);
}

// Sockets take numbers only.
Address numeric(Address address) {
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.host.c_str(), nullptr, &wanted, &found) != 0 || found == nullptr) {
        throw InfrastructureError("no address is known for the host '" + address.host + "'");
    }
    std::array<char, NI_MAXHOST> text{};
    int const failed =
        ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    ::freeaddrinfo(found);
    if (failed == 0) { address.host = text.data(); }
    return address;
}

Address address_of(std::string_view option, std::string const& text) {
    auto const address = address_from(text);
    if (!address || address->port == 0) {
        throw std::invalid_argument(
            fmt::format("{} takes HOST:PORT with a port from 1 to 65535, not '{}'", option, text));
    }
    return *address;
}

Secret password_in(std::string const& path) {
    std::ifstream file(path);
    std::string password;
    if (!std::getline(file, password) || password.empty()) {
        throw std::invalid_argument("cannot read a password from the first line of '" + path + "'");
    }
    return Secret(password);
}

// Everything that can be wrong on the command line, before anything starts.
void check(FleetCommand const& command) {
    bool const has_file = !command.tokens.empty();
    bool const has_maker = !command.maker.empty() && !command.password_file.empty();
    bool const is_ours = command.target.empty();
    bool const wants_sockets = !is_ours || !command.daemon.empty() || command.workers != 0 || !command.begin.empty();
    if (command.is_virtual && wants_sockets) {
        throw std::invalid_argument(
            "--virtual plays without sockets and clocks: leave out --target, --daemon, --workers and --begin");
    }
    if (is_ours) {
        if (has_file || !command.maker.empty() || !command.password_file.empty() || !command.api.empty() ||
            !command.authority.empty()) {
            throw std::invalid_argument(
                "--tokens, --operator, --password-file, --api and --ca are about a cloud that is not ours: give its "
                "--target HOST:PORT");
        }
        return;
    }
    if (!command.daemon.empty()) {
        throw std::invalid_argument("--daemon starts a cloud of our own: leave out either --daemon or --target");
    }
    if (has_file && (!command.maker.empty() || !command.password_file.empty())) {
        throw std::invalid_argument(
            "--tokens FILE and --operator both say whose the devices are: leave out one of them");
    }
    if (!has_file && command.maker.empty() != command.password_file.empty()) {
        throw std::invalid_argument("--operator EMAIL needs --password-file FILE, and the other way round");
    }
    if (!has_file && !has_maker) {
        throw std::invalid_argument(
            "say whose the devices at --target are: --tokens FILE with an AuthToken a line, or --operator EMAIL and "
            "--password-file FILE of an administrator who may mint them");
    }
    if (has_file && !command.api.empty()) {
        throw std::invalid_argument("--api is where --operator mints: leave it out, or --tokens");
    }
    if (!command.wish.has_tls && !command.authority.empty()) {
        throw std::invalid_argument("--ca is the authority that devices trust over TLS: add --tls, or leave it out");
    }
    if (command.wish.has_tls && command.authority.empty()) {
        throw std::invalid_argument("--tls with --target needs --ca FILE, the authority that devices trust");
    }
}

// Before anything starts: nobody could be trusted.
void check_authority(std::string const& path) {
    if (path.empty()) { return; }
    try {
        static_cast<void>(TlsContext::client(path, TlsContext::Verify::yes));
    } catch (std::exception const& e) { throw std::invalid_argument(fmt::format("--ca {}: {}", path, e.what())); }
}

MintOrder mint_order(FleetCommand const& command, load::Shard shard) {
    Address const api = command.api.empty() ? address_of("--target", command.target) : address_of("--api", command.api);
    bool const is_secure = command.api.empty() && command.wish.has_tls;
    MintOrder order;
    order.target.address = numeric(api);
    if (is_secure) { order.target.tls = TlsContext::client(command.authority, TlsContext::Verify::yes); }
    order.target.tls_host = api.host;
    order.email = command.maker;
    order.password = password_in(command.password_file);
    order.count = command.wish.devices / shard.of + (shard.index < command.wish.devices % shard.of ? 1 : 0);
    order.is_interrupted = watch_for_interrupt();
    return order;
}

// `line` must outlive what is given.
ForeignCloud foreign_cloud(FleetCommand const& command, load::Shard shard, LoadProgressLine& line) {
    Address const named = address_of("--target", command.target);
    ForeignCloud cloud;
    cloud.plain = numeric(named);
    cloud.secure = cloud.plain;
    cloud.authority = command.authority;
    cloud.tls_host = named.host;
    if (!command.tokens.empty()) {
        auto tokens = tokens_from_file(command.tokens, command.wish.devices, shard);
        cloud.take_tokens = [tokens = std::move(tokens)] { return tokens; };
        return cloud;
    }
    std::string const where = command.api.empty() ? command.target : command.api;
    cloud.take_tokens = [order = mint_order(command, shard), where, &line] {
        line.step(fmt::format("minting {} tokens at {}", order.count, where));
        return mint_tokens(order);
    };
    return cloud;
}

// What has not attached to its network cannot be online before the end.
void say_if_too_short(FleetWish const& wish, load::LoadPlan const& plan, LoadProgressLine& line) {
    Duration const attach = plan.links.front().attach.p95;
    if (load::read_duration(wish.hold).value_or(attach) >= attach) { return; }
    line.step(
        fmt::format("devices over {} take up to {} to attach (p95): with --for {} some are not online before the end",
                    wish.link, load::print(attach), wish.hold));
}

bool was_nobody_let_in(report::LoadRecord const& record) {
    return std::ranges::none_of(record.rows, [](report::LoadRow const& row) {
        return std::ranges::any_of(row.counts,
                                   [](auto const& one) { return one.first == "auth.accepted" && one.second > 0; });
    });
}

Exit play(FleetCommand const& command) {
    check(command);
    check_authority(command.authority);
    LoadRunOptions options;
    options.plan = PlanText{"fleet.scenario.yaml", scenario_of(command.wish), std::nullopt, false};
    options.shard = shard_from(command.shard, command.shards, variable);
    options.is_interrupted = watch_for_interrupt();
    if (!command.begin.empty()) { options.begin = begin_from(command.begin); }
    load::LoadPlan const plan = plan_of(options.plan);
    LoadProgressLine line(progress_form(command.is_quiet));
    options.daemon = command.daemon;
    options.program = std::filesystem::read_symlink("/proc/self/exe");
    options.workers = command.workers;
    std::string const title = title_of(command.wish);
    LivePage page(command.has_web ? std::optional(command.web_port) : std::nullopt, plan, title);
    options.on_progress = [&](LoadProgress const& progress) {
        line.show(progress);
        page.show(progress);
    };
    options.on_step = [&line](std::string const& step) { line.step(step); };
    report::RunRecord run = begin_run_record(command.typed.whole, command.wish.seed);
    auto const start = std::chrono::steady_clock::now();
    if (!command.target.empty()) { options.cloud = foreign_cloud(command, options.shard, line); }
    say_if_too_short(command.wish, plan, line);
    LoadOutcome outcome = command.is_virtual ? play_virtual_load(options) : play_load(options);
    if (!command.tokens.empty() && outcome.has_wrong_answers && was_nobody_let_in(outcome.record)) {
        outcome.record.sentence += "; not one device was let in: are these tokens of this cloud?";
    }
    page.finish(outcome.record);
    bool const is_interrupted = outcome.is_interrupted;
    report::CaseRecord record;
    record.id = "fleet.adhoc";
    record.title = title;
    ReportFolder const folder = report_folder(command.output, run, "fleet");
    record.file = (folder.path / "fleet.scenario.yaml").string();
    record.bench = command.is_virtual ? "virtual" : command.target.empty() ? "loopback" : "external";
    record.seed = command.wish.seed;
    record.reproduce = command.typed.again;
    fill_case(record, std::move(outcome), std::chrono::steady_clock::now() - start);
    run.wall_ms = record.wall_ms;
    run.cases.push_back(std::move(record));
    write_text(folder.path / "fleet.scenario.yaml", options.plan.scenario);
    line.step("");
    finish_run_record(run, folder);
    return is_interrupted ? Exit::interrupted : exit_of(run);
}

std::string fleet_help_end() {
    return help_end(
        {"fleet --devices 1000                               # a server of our own, over Ethernet",
         "fleet --devices 5000 --link lte-m --tls --ramp 60s --for 5m --report-every 1m",
         "fleet --devices 100000 --link nb-iot --virtual --for 1h",
         "fleet --devices 200 --target 127.0.0.1:8080 --operator admin@localhost --password-file FILE",
         "fleet --devices 50000 --shard 2/5 --target cloud:8080 --tokens FILE --begin 2026-11-26T08:00:00Z -o out/2"},
        {Exit::passed,
         Exit::failed,
         Exit::interrupted,
         Exit::internal,
         {Exit::usage, "usage: a wrong option, or a file that cannot be used"},
         Exit::infrastructure,
         Exit::threshold},
        "A fleet passes when no answer was wrong, some device was let in, at most 1 % of the logins failed (over\n"
        "nb-iot 10 %), and 80 % of the devices that had attached to their network were online over the hold.\n"
        "Shards also come from JOB_COMPLETION_INDEX (with --shards) and SLURM_ARRAY_TASK_ID; 'report merge' puts\n"
        "their reports together.");
}

void add_cloud_options(CLI::App& fleet, FleetCommand& command) {
    fleet.add_option("--target", command.target, "HOST:PORT of a cloud that is running; one of our own unless told");
    fleet.add_option("--tokens", command.tokens, "With --target: file with an AuthToken a line, one for each device");
    fleet.add_option("--operator", command.maker, "With --target: e-mail of an administrator who mints the tokens");
    fleet.add_option("--password-file", command.password_file, "His password, in the first line of a file");
    fleet.add_option("--api", command.api, "HOST:PORT of the cloud's API; --target unless told");
    fleet.add_option("--ca", command.authority, "With --target and --tls: PEM file of the authority to trust");
    fleet.add_option("--daemon", command.daemon, "The drydockd of a cloud of our own");
}

}  // namespace

void add_fleet(CLI::App& app, CommandLine const& typed, int& code) {
    auto command = std::make_shared<FleetCommand>();
    auto* fleet = app.add_subcommand("fleet", "Let devices arrive, stay and report: a load run without a file");
    fleet->footer(fleet_help_end());
    FleetWish& wish = command->wish;
    fleet->add_option("--devices", wish.devices, "How many")->required();
    fleet->add_option("--link", wish.link, "ethernet, lte-m, nb-iot, gprs or metered")->capture_default_str();
    fleet->add_option("--family", wish.family, "Firmware: modern, cpp or js")->capture_default_str();
    fleet->add_flag("--tls", wish.has_tls, "Devices speak TLS");
    fleet->add_option("--ramp", wish.ramp, "They arrive evenly in this time")->capture_default_str();
    fleet->add_option("--for", wish.hold, "And stay this long")->capture_default_str();
    fleet->add_option("--heartbeat", wish.heartbeat, "Of each device")->capture_default_str();
    fleet->add_option("--ping-every", wish.ping_every, "Each measures a round trip so often; never unless told");
    fleet->add_option("--report-every", wish.report_every, "Each reports a value so often; never unless told");
    fleet->add_option("--p99", wish.p99, "Threshold: what 99 % of the logins must not exceed, such as 2s");
    fleet->add_option(
        "--late", wish.late,
        "What 99 % of the generator's own starts may be late before the run is inconclusive; 1ms unless told");
    add_cloud_options(*fleet, *command);
    fleet->add_flag("--virtual", command->is_virtual, "In virtual time: no sockets, as fast as it goes");
    fleet->add_option("--seed", wish.seed, "Of everything drawn")->capture_default_str()->check(why_no_seed);
    fleet->add_option("--workers", command->workers, "Processes; by open files and cores unless told");
    fleet->add_option("--shard", command->shard, "Play one part of the devices: 2/5, counted from 1");
    fleet->add_option("--shards", command->shards, "Number of parts, where the environment says only which one");
    fleet->add_option("--begin", command->begin, "When all shards begin: 2026-11-26T08:00:00Z, or @SECONDS since 1970");
    auto* const web =
        fleet->add_flag("--web", command->has_web, "Show the run while it goes on, in a browser on this machine");
    auto* const web_port = fleet->add_option("--web-port", command->web_port, "Of --web; 0 picks a free one");
    web_port->capture_default_str()->needs(web);
    fleet->add_option("-o,--output", command->output, k_output_help)->check(why_no_folder);
    fleet->add_flag("-q,--quiet", command->is_quiet, "No progress");
    fleet->callback([command, &typed, &code] {
        command->typed = typed;
        code = guarded("fleet", [&command] { return play(*command); });
    });
    auto* worker = app.add_subcommand("load-worker", "Plays a part of a load run for its parent")->group("");
    worker->callback([&code] { code = run_load_worker(); });
}

}  // namespace drydock::rig
