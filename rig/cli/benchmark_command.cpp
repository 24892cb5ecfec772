#include "rig/cli/benchmark_command.h"

#include "rig/bench/bench.h"
#include "rig/benchmark/auth.h"
#include "rig/benchmark/auth_report.h"
#include "rig/benchmark/compare.h"
#include "rig/benchmark/limit_server.h"
#include "rig/benchmark/minting.h"
#include "rig/cli/guarded.h"
#include "rig/cli/help.h"
#include "rig/cli/interrupt.h"
#include "rig/cli/mistake.h"
#include "rig/cli/run_command.h"
#include "rig/cli/tell.h"
#include "rig/cli/text_file.h"
#include "rig/load/load_run.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include <sys/resource.h>

namespace drydock::rig {

namespace {

struct AuthCommand {
    AuthOptions options;
    double seconds = 3;
    std::string find;
    std::filesystem::path json;
    std::filesystem::path baseline;
    bool is_quiet = false;
};

std::string list_of_cases() {
    std::string text = "Cases:";
    for (AuthCase const& one : auth_cases()) { text += fmt::format("\n  {:<12} {}", one.name, one.what); }
    return text;
}

// "p99=50ms"
Duration p99_from(std::string const& text) {
    std::string_view rest(text);
    double value = 0;
    bool const is_p99 = rest.starts_with("p99=");
    if (is_p99) { rest.remove_prefix(4); }
    auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    std::string_view const unit(end, static_cast<std::size_t>(rest.data() + rest.size() - end));
    double const unit_seconds = unit == "us" ? 1e-6 : unit == "ms" ? 1e-3 : unit == "s" ? 1 : 0;
    if (!is_p99 || error != std::errc{} || unit_seconds == 0 || !(value > 0)) {
        throw std::invalid_argument("--find takes a condition like p99=50ms, not '" + text + "'");
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value * unit_seconds));
}

void raise_descriptor_limit(AuthOptions const& options) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) { return; }
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    std::uint64_t most = options.in_flight;
    for (AuthCase const& one : cases_named(options.cases)) {
        if (one.trouble == AuthCase::Trouble::revoking) {
            std::uint64_t const stock = *std::max_element(options.tokens.begin(), options.tokens.end());
            most = std::max<std::uint64_t>(most, std::min<std::uint64_t>(k_revoke_online, stock) + options.revoke);
        }
        if (one.work == load::Work::hold) { most = std::max<std::uint64_t>(most, options.held); }
        if (one.work == load::Work::storm) { most = std::max<std::uint64_t>({most, options.storm, options.storm_tls}); }
    }
    if (files.rlim_max < most + k_other_files) {
        throw InfrastructureError(fmt::format(
            "{} connections need {} open files, and this process may have {}: raise it with 'ulimit -n', or ask for "
            "fewer with --hold, --storm, --tokens and --revoke",
            most, most + k_other_files, files.rlim_max));
    }
}

Exit run_find(AuthOptions const& options, Duration p99_max) {
    FindOptions find;
    find.p99_max = p99_max;
    find.step_lasts = options.lasts;
    Capacity const found = find_capacity(options, find);
    if (found.was_interrupted) {
        show("interrupted: at least {:.0f} logins/s so far\n", found.rate());
        return Exit::interrupted;
    }
    double const limit = std::chrono::duration<double, std::milli>(p99_max).count();
    if (found.share <= 0) {
        show("no rate meets p99 <= {:g} ms without failures\n", limit);
        return Exit::failed;
    }
    show("about {:.0f} logins/s meet p99 <= {:g} ms without failures, {:.2f} of the limit\n", found.rate(), limit,
         found.share);
    if (found.share_high > 0) {
        show("The highest rate is between {:.0f} and {:.0f}/s, {:.2f} and {:.2f} of the limit", found.low(),
             found.high(), found.share_low, found.share_high);
    } else {
        show("No higher rate was seen to miss it; that is {:.2f} of the limit", found.share);
    }
    show(", which did {:.0f}/s between the {} steps.\n", found.limit, found.steps);
    if (found.is_generator_bound) {
        show("Above that the generator was at its end: the server may be faster than this machine can ask.\n");
    }
    return Exit::passed;
}

Exit run_auth_command(AuthCommand& command) {
    command.options.lasts = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(command.seconds));
    command.options.program = std::filesystem::read_symlink("/proc/self/exe");
    command.options.is_interrupted = watch_for_interrupt();
    if (!command.is_quiet) {
        command.options.progress = [](std::string const& text) { tell("{}\n", text); };
    }
    if (!command.find.empty()) {
        Duration const p99_max = p99_from(command.find);
        // The search asks one thing only.
        command.options.cases = {"login"};
        raise_descriptor_limit(command.options);
        return run_find(command.options, p99_max);
    }
    raise_descriptor_limit(command.options);
    AuthReport const report = run_auth(command.options);
    if (!command.json.empty()) { write_text(command.json, auth_json(report) + '\n'); }
    if (!command.baseline.empty()) { write_text(command.baseline, baseline_json(report) + '\n'); }
    show("{}", auth_table(report));
    if (report.was_interrupted) { return Exit::interrupted; }
    return has_failures(report) ? Exit::failed : Exit::passed;
}

void add_sizes(CLI::App& auth, AuthOptions& options) {
    auth.add_option("--tokens", options.tokens,
                    "Tokens in the store; given twice, the stores are compared in the same run")
        ->capture_default_str()
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{10'000'000}));
    auth.add_option("--in-flight", options.in_flight, "Connections at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    auth.add_option("--hold", options.held, "Connections that 'hold' holds, and of 'fleet'")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    auth.add_option("--storm", options.storm, "Devices of 'storm'")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    auth.add_option("--storm-tls", options.storm_tls, "Devices of 'storm-tls'")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    auth.add_option("--revoke", options.revoke, "Tokens that 'revoke' deletes in each run")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, k_revoke_online));
    auth.add_option("--runs", options.runs, "Runs of each case, in turn with the others")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
}

void add_auth(CLI::App& benchmark, int& code) {
    auto command = std::make_shared<AuthCommand>();
    auto* auth = benchmark.add_subcommand("auth", "Logins per second over loopback, beside the limit of the machine");
    auth->footer(
        help_end({"benchmark auth --case login --case tls", "benchmark auth --tokens 10 --tokens 1000000 --case login",
                  "benchmark auth --peer mosquitto --peer aedes --json auth.json --baseline new.json",
                  "benchmark auth --find p99=50ms"},
                 {{Exit::passed, "all answers right; no time makes it fail: 'benchmark compare' judges times"},
                  {Exit::failed, "wrong answers or failed connections; with --find, no rate meets it"},
                  {Exit::interrupted, "interrupted: what was measured until then is told"},
                  Exit::internal,
                  {Exit::usage, "usage: a wrong option"},
                  {Exit::infrastructure, "infrastructure: too few open files, a server that does not start"}},
                 list_of_cases()));
    add_sizes(*auth, command->options);
    auth->add_option("--seconds", command->seconds, "Counted time of each run")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0));
    auto* find = auth->add_option("--find", command->find,
                                  "Instead of the cases: the highest even rate that meets this, such as p99=50ms");
    // A search has one answer, which it prints.
    auth->add_option("--case", command->options.cases, "One of the cases below; may be repeated; all unless told")
        ->excludes(find);
    auth->add_option("--peer", command->options.peers,
                     "A broker to stand beside: mosquitto, mosquitto-password or aedes; may be repeated")
        ->excludes(find);
    auth->add_option("--json", command->json, "File for the results, every run")
        ->excludes(find)
        ->check(why_not_written);
    auth->add_option("--baseline", command->baseline, "File for the samples only: small, to keep and compare")
        ->excludes(find)
        ->check(why_not_written);
    auth->add_option("--seed", command->options.seed, "Which tokens are minted")
        ->capture_default_str()
        ->check(why_no_seed);
    auth->add_option("--daemon", command->options.daemon, "The drydockd to measure");
    auth->add_option("--fixtures", command->options.fixtures, "Folder that holds peers/aedes")->capture_default_str();
    auth->add_flag("-q,--quiet", command->is_quiet, "No progress lines");
    auth->callback([command, &code] { code = guarded("benchmark auth", [&] { return run_auth_command(*command); }); });
}

Kept kept_in(std::string const& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) { throw std::invalid_argument("cannot read " + path); }
    try {
        return kept_from_json(text.str());
    } catch (std::invalid_argument const& e) { throw std::invalid_argument(path + ": " + e.what()); }
}

struct CompareCommand {
    std::string before;
    std::string after;
    double margin = k_compare_margin;
    std::uint64_t seed = 1;
};

constexpr int k_not_worse = 0;
constexpr int k_worse = 1;
constexpr int k_cannot_compare = 2;

int run_compare(CompareCommand const& command) {
    try {
        Kept const before = kept_in(command.before);
        Kept const after = kept_in(command.after);
        Comparison const comparison = compare(before, after, command.margin, Random(Seed{command.seed}));
        std::string const left_out = why_left_out(comparison);
        if (!comparison.is_possible()) {
            tell("drydock benchmark compare: nothing can be compared: {}\n",
                 left_out.empty() ? "the second file holds no figures" : left_out);
        } else if (!left_out.empty()) {
            fmt::print("not all could be compared: {}\n", left_out);
        }
        fmt::print("before: commit {}, {}, {}\nafter:  commit {}, {}, {}\n\n{}", before.commit, before.compiler,
                   before.machine, after.commit, after.compiler, after.machine, compare_table(comparison));
        if (!comparison.is_possible()) { return k_cannot_compare; }
        return comparison.is_worse() ? k_worse : k_not_worse;
    } catch (std::invalid_argument const& e) {
        tell("drydock benchmark compare: {}\n", e.what());
        return k_cannot_compare;
    }
}

void add_compare(CLI::App& benchmark, int& code) {
    auto command = std::make_shared<CompareCommand>();
    auto* compare = benchmark.add_subcommand("compare", "Whether a later result is worse than an earlier one");
    compare->footer(help_end(
        {"benchmark auth --baseline new.json", "benchmark compare reports/baseline/auth-2-cores.json new.json"},
        {{Exit{k_not_worse}, "none is surely worse"},
         {Exit{k_worse}, "worse"},
         {Exit{k_cannot_compare}, "cannot be compared: the files share nothing, or one is no result"},
         {Exit::usage, "usage: a wrong option"}},
        "The bootstrap over the runs, with the interval that 95 of 100 resamplings stay in. Worse or better:\n"
        "all of it is beyond the margin. The same: all of it is within. Unclear: anything else."));
    compare->add_option("before", command->before, "File of --json or --baseline")->required();
    compare->add_option("after", command->after, "The same, later")->required();
    compare->add_option("--margin", command->margin, "So much may change before it counts")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    compare->add_option("--seed", command->seed, "Of the resampling")->capture_default_str()->check(why_no_seed);
    compare->callback([command, &code] { code = run_compare(*command); });
}

// What `auth` starts this program again as. Not for people, so --help does not list them.
void add_helpers(CLI::App& benchmark, int& code) {
    auto limit = std::make_shared<LimitServerOptions>();
    auto* server = benchmark.add_subcommand("limit-server", "The smallest server there is")->group("");
    server->add_option("--certificate", limit->certificate);
    server->add_option("--key", limit->key);
    server->callback([limit, &code] {
        limit->on_listening = [](std::uint16_t plain, std::uint16_t secure) {
            fmt::print("{} {}\n", plain, secure);
            std::fflush(stdout);
        };
        code = run_limit_server(*limit);
    });
    auto trouble = std::make_shared<MintAndClaim>();
    auto* mint = benchmark.add_subcommand("mint-and-claim", "A busy maker and his customers")->group("");
    mint->add_option("--port", trouble->port)->required();
    mint->add_option("--password-file", trouble->password_file)->required();
    mint->add_option("--seed", trouble->seed);
    mint->add_option("--first-box", trouble->first_box);
    mint->add_option("--tokens", trouble->tokens);
    mint->add_option("--factory", trouble->factory);
    mint->callback([trouble, &code] {
        trouble->print = [](std::string const& line) {
            fmt::print("{}\n", line);
            std::fflush(stdout);
        };
        code = run_mint_and_claim(*trouble);
    });
}

}  // namespace

void add_benchmark(CLI::App& app, int& code) {
    auto* benchmark = app.add_subcommand("benchmark", "Measure the cloud beside the limit of the machine");
    benchmark->require_subcommand(1);
    benchmark->footer(help_end({"benchmark auth --case login", "benchmark compare before.json after.json"},
                               {{Exit::passed, "right, and not worse"},
                                {Exit::failed, "wrong answers, or worse"},
                                {Exit::interrupted, "interrupted, or not to be compared"},
                                Exit::internal,
                                {Exit::usage, "usage: a wrong option"},
                                {Exit::infrastructure, "infrastructure: the rig or its surroundings"}}));
    add_auth(*benchmark, code);
    add_compare(*benchmark, code);
    add_helpers(*benchmark, code);
}

}  // namespace drydock::rig
