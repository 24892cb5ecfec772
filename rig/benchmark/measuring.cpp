#include "rig/benchmark/measuring.h"

#include "rig/bench/bench.h"
#include "rig/benchmark/child_process.h"
#include "rig/benchmark/fleet_cost.h"
#include "rig/benchmark/process_facts.h"
#include "rig/benchmark/scrape.h"
#include "rig/benchmark/seeded_store.h"
#include "server/wire/frame.h"

#include <algorithm>
#include <sstream>

namespace drydock::rig {

namespace {

// Open loop: what is due must find a connection, whatever waits for its answer.
constexpr std::size_t k_open_in_flight = 1'024;
// The trouble has idle priority, and what is left of two busy cores mints ten thousand in about a second:
// so many times the counted time of other cases.
constexpr int k_trouble_lasts = 3;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Memory for what it holds: what drydockd says of its heap, what the kernel says of others.
double bytes_of(Contestant const& server) {
    if (server.daemon == nullptr) { return private_bytes_of(server.process_id()); }
    return heap_bytes_of(server.daemon->plain_port());
}

struct Facts {
    double cpu = 0;
    double bytes = 0;
    NetCounters net;
};

Facts facts_of(Contestant const& server, load::Work work) {
    Facts facts;
    facts.cpu = cpu_seconds_of(server.process_id());
    if (work == load::Work::hold) { facts.bytes = bytes_of(server); }
    facts.net = net_counters();
    return facts;
}

AuthRun to_run(load::FloodResult const& result, load::FloodOptions const& flood) {
    AuthRun run;
    run.rate = result.rate();
    run.p50 = result.latency.percentile(50);
    run.p99 = result.latency.percentile(99);
    run.client_cpu_us = seconds(result.cpu) * 1e6 / static_cast<double>(std::max<std::uint64_t>(result.done, 1));
    run.wrong = result.wrong;
    run.failed = result.failed();
    if (!result.failures.empty()) { run.first_failure = result.failures.begin()->first; }
    run.resumed = result.resumed;
    if (flood.rate > 0) { run.late_p99 = result.late.percentile(99); }
    if (flood.work == load::Work::hold || flood.work == load::Work::storm) { run.seconds = seconds(result.all_up); }
    if (flood.work == load::Work::hold && result.held > 0) {
        run.client_bytes = static_cast<double>(result.heap_bytes) / static_cast<double>(result.held);
    }
    return run;
}

}  // namespace

load::FloodOptions Measuring::common() const {
    load::FloodOptions flood;
    flood.in_flight = std::min(options_.in_flight, contestants_.devices());
    flood.lasts = options_.lasts;
    flood.is_interrupted = options_.is_interrupted;
    wire::append_frame(flood.ping.frame, wire::Command::ping, 3, {});
    wire::append_response(flood.ping.right_answer, 3, wire::Status::ok);
    return flood;
}

void Measuring::warm_up(Contestant const& server) const {
    constexpr std::size_t k_together = 1'000;
    auto const& logins = server.logins(AuthCase::Tokens::known);
    for (std::size_t begin = 0; begin < logins.size(); begin += k_together) {
        auto const end = std::min(logins.size(), begin + k_together);
        std::vector<load::Login> const part(logins.begin() + static_cast<std::ptrdiff_t>(begin),
                                            logins.begin() + static_cast<std::ptrdiff_t>(end));
        load::FloodOptions first = common();
        first.target = {"127.0.0.1", server.port(AuthCase::Link::plain)};
        first.work = load::Work::hold;
        first.held = part.size();
        load::FloodResult const result = load::flood(first, part, [](load::Instant) {});
        if (options_.is_interrupted != nullptr && options_.is_interrupted->load()) { return; }
        if (result.held < part.size() || result.wrong > 0) {
            throw InfrastructureError(
                server.name + " does not log everybody in: " +
                (result.failures.empty() ? std::string("a wrong answer") : result.failures.begin()->first));
        }
    }
}

load::FloodOptions Measuring::plan(AuthCase const& one, Contestant const& server, double top) const {
    load::FloodOptions flood = common();
    flood.target = {"127.0.0.1", server.port(one.link)};
    flood.work = one.work;
    flood.depth = one.depth;
    if (one.link != AuthCase::Link::plain) { flood.tls = contestants_.trust(); }
    flood.resumes = one.link == AuthCase::Link::tls_resumed;
    if (one.share_of_top > 0) {
        flood.rate = std::max(1.0, top * one.share_of_top);
        flood.in_flight = std::min(std::max(k_open_in_flight, flood.in_flight), contestants_.devices());
    }
    bool const is_tls = one.link != AuthCase::Link::plain;
    if (one.work == load::Work::hold) { flood.held = std::min(options_.held, contestants_.devices()); }
    if (one.work == load::Work::storm) {
        flood.held = std::min(is_tls ? options_.storm_tls : options_.storm, contestants_.devices());
    }
    return flood;
}

AuthRun Measuring::run(AuthCase const& one, Contestant const& server, double top) {
    if (one.trouble == AuthCase::Trouble::revoking) { return run_revoking(server); }
    load::FloodOptions const flood = plan(one, server, top);
    if (one.load == AuthCase::Load::fleet) { return run_fleet(flood, server); }
    if (one.trouble == AuthCase::Trouble::minting) { return run_beside_minting(flood, server); }
    return measure(flood, server, server.logins(one.tokens));
}

AuthRun Measuring::run_at(double rate, Duration lasts, Contestant const& server) const {
    AuthCase one;
    one.share_of_top = 1;
    load::FloodOptions flood = plan(one, server, rate);
    flood.lasts = lasts;
    return measure(flood, server, server.logins(one.tokens));
}

AuthRun Measuring::measure(load::FloodOptions const& flood, Contestant const& server,
                           std::vector<load::Login> const& logins) const {
    return measure(flood, server, [&](auto const& at) { return load::flood(flood, logins, at); });
}

AuthRun Measuring::measure(load::FloodOptions const& flood, Contestant const& server, Play const& play) const {
    Facts before;
    Facts after;
    load::FloodResult const result = play([&](load::Instant instant) {
        switch (instant) {
            case load::Instant::all_are_up:
                // A storm on the limit has nobody to end; its devices hang up and come back.
                if (server.daemon != nullptr) {
                    server.daemon->kill();
                    server.daemon->start_again();
                }
                break;
            case load::Instant::counting_begins: before = facts_of(server, flood.work); break;
            case load::Instant::counting_ends: after = facts_of(server, flood.work); break;
        }
    });
    AuthRun run = to_run(result, flood);
    double const done = static_cast<double>(std::max<std::uint64_t>(result.done, 1));
    run.server_cpu_us = (after.cpu - before.cpu) * 1e6 / done;
    if (flood.work == load::Work::hold && result.held > 0) {
        run.server_bytes = (after.bytes - before.bytes) / static_cast<double>(result.held);
    }
    run.listen_overflows = after.net.listen_overflows - before.net.listen_overflows;
    run.syn_retransmits = after.net.syn_retransmits - before.net.syn_retransmits;
    return run;
}

AuthRun Measuring::run_beside_minting(load::FloodOptions const& flood, Contestant const& server) {
    std::uint64_t& first_box = boxes_[server.tokens];
    std::uint64_t const factory = mintings_[server.tokens]++ % k_factories;
    ChildProcess minting(
        options_.program,
        {"benchmark", "mint-and-claim", "--port", std::to_string(server.daemon->plain_port()), "--password-file",
         server.daemon->setup_password_file().string(), "--seed", std::to_string(options_.seed), "--first-box",
         std::to_string(first_box), "--tokens", std::to_string(server.tokens), "--factory", std::to_string(factory)},
        ChildProcess::Output::read);
    if (minting.line() != "begun") {
        // Ctrl-C reaches the helper as well.
        if (options_.is_interrupted != nullptr && *options_.is_interrupted) { return {}; }
        throw InfrastructureError("minting beside the logins did not begin: see the lines above");
    }
    load::FloodOptions longer = flood;
    longer.lasts *= k_trouble_lasts;
    AuthRun run = measure(longer, server, server.logins(AuthCase::Tokens::known));
    minting.end();
    for (std::string line = minting.line(); !line.empty(); line = minting.line()) {
        std::istringstream words(line);
        std::uint64_t minted = 0;
        if (words >> minted) {
            run.minted = minted;
            words >> run.claimed;
            continue;
        }
        // Not all of the time there was something to stand beside.
        run.minted = 0;
        if (options_.progress) { options_.progress("minting broke off: " + line); }
    }
    first_box += run.claimed;
    return run;
}

AuthRun Measuring::run_revoking(Contestant const& server) {
    std::vector<Revocable> const& revocable = server.devices->revocable;
    std::size_t const count = std::min(options_.revoke, revocable.size());
    std::size_t& before = revoked_[server.tokens];
    auto const& known = server.logins(AuthCase::Tokens::known);
    RevokeOptions revoking;
    revoking.target = {"127.0.0.1", server.port(AuthCase::Link::plain)};
    revoking.email = k_maker_email;
    revoking.password = server.daemon->setup_password();
    revoking.revoked = std::span(revocable).subspan(before, count);
    revoking.bystanders =
        std::span(known).first(std::min(known.size(), k_revoke_online - std::min(k_revoke_online, count)));
    revoking.is_interrupted = options_.is_interrupted;
    before += count;
    load::FloodOptions open_loop;
    open_loop.rate = revoking.rate;
    Duration longest{};
    Duration since_due{};
    AuthRun run = measure(open_loop, server, [&](auto const& at) {
        Revoked revoked = revoke(revoking, at);
        longest = revoked.flood.latency.max();
        since_due = revoked.since_due.percentile(99);
        return std::move(revoked.flood);
    });
    run.longest = longest;
    run.since_due_p99 = since_due;
    return run;
}

// In turn, and every other time the other way round.
AuthRun Measuring::run_fleet(load::FloodOptions const& flood, Contestant const& server) {
    auto const& known = server.logins(AuthCase::Tokens::known);
    std::vector<load::Login> const logins(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(flood.held));
    auto const by_flood = [&] { return to_run(burst_of_flood(flood, logins), flood); };
    auto const by_fleet = [&] { return to_run(burst_of_fleet(flood.target, logins, flood.is_interrupted), flood); };
    is_fleet_first_ = !is_fleet_first_;
    AuthRun run;
    AuthRun beside;
    if (is_fleet_first_) {
        run = by_fleet();
        beside = by_flood();
    } else {
        beside = by_flood();
        run = by_fleet();
    }
    run.flood_cpu_us = beside.client_cpu_us;
    run.wrong += beside.wrong;
    run.failed += beside.failed;
    if (run.first_failure.empty()) { run.first_failure = beside.first_failure; }
    return run;
}

}  // namespace drydock::rig
