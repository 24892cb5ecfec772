#include "rig/benchmark/fleet_cost.h"

#include "server/base/real_loop.h"
#include "server/base/thread_cpu.h"
#include "server/net/tcp.h"
#include "sim/device/machine.h"
#include "sim/fleet/fleet.h"

#include <algorithm>
#include <string>
#include <utility>

namespace drydock::rig {

namespace {

constexpr Duration k_patience = std::chrono::seconds(60);
constexpr std::uint16_t k_heartbeat_seconds = 600;

// Nobody asks anything of the cloud's owner.
struct NoOperator final : load::Operator {
    void perform(load::Fleet&, load::Happening const&, std::function<void(std::string)> then) override { then({}); }
};

load::LoadPlan burst_of(std::uint64_t devices) {
    load::LoadPlan plan;
    LinkProfile cable;
    cable.name = "cable";
    plan.links.push_back(cable);
    load::Population fleet;
    fleet.count = devices;
    fleet.link = cable.name;
    fleet.heartbeat = std::chrono::seconds(k_heartbeat_seconds);
    plan.populations.push_back(fleet);
    plan.phase_specs = {{"burst", "1h", load::ArriveSpec{{}, {}, std::to_string(devices), {}, {}}, false, {}}};
    plan.phases = load::Phases::plan(plan.phase_specs, devices).value();
    return plan;
}

load::TokenText token_in(load::Login const& login) {
    load::TokenText token{};
    auto const from = login.frame.end() - static_cast<std::ptrdiff_t>(token.size());
    std::transform(from, login.frame.end(), token.begin(), [](std::byte one) { return static_cast<char>(one); });
    return token;
}

// What the firmware says once it is logged in.
Bytes words_after_login() {
    Machine machine(Family::modern, k_heartbeat_seconds);
    Bytes out;
    machine.power_on({});
    static_cast<void>(machine.on_time({}, out));
    machine.on_connected({}, "", out);
    out.clear();
    Bytes answer;
    wire::append_response(answer, 1, wire::Status::ok);
    static_cast<void>(machine.on_frame(wire::decode(answer, wire::k_body_bytes).frame, {}, out));
    return out;
}

}  // namespace

load::FloodResult burst_of_fleet(Address const& target, std::vector<load::Login> const& logins,
                                 std::atomic<bool> const* is_interrupted) {
    load::FleetOptions options;
    options.target = target;
    options.tokens.reserve(logins.size());
    for (load::Login const& login : logins) { options.tokens.push_back(token_in(login)); }
    RealLoop real;
    Clock& clock = real.loop().clock;
    TcpNetwork network(real);
    EventLog events(clock);
    events.keep_none();
    NoOperator nobody;
    load::FloodResult result;
    Duration const cpu = thread_cpu();
    load::Fleet fleet(real.loop(), network, events, burst_of(logins.size()), std::move(options), nobody);
    TimePoint const begun = clock.now();
    fleet.start(begun, [] {});
    std::size_t const all = logins.size();
    auto const is_over = [&] { return is_interrupted != nullptr && is_interrupted->load(); };
    // The fleet looks at itself each second, so the loop never sleeps for longer.
    while (fleet.online() < all && !is_over() && clock.now() - begun < k_patience) { real.reactor().run_one(); }
    result.elapsed = result.all_up = clock.now() - begun;
    result.done = result.held = fleet.online();
    fleet.stop();
    result.cpu = thread_cpu() - cpu;
    result.latency = fleet.summary().times(load::Latency::auth);
    result.failures = fleet.snapshot().errors;
    if (result.held < all && result.failures.empty()) { result.failures["not online in a minute"] = all - result.held; }
    if (has_wrong_answers(fleet.summary())) { result.wrong = 1; }
    return result;
}

load::FloodResult burst_of_flood(load::FloodOptions options, std::vector<load::Login> const& logins) {
    options.work = load::Work::hold;
    options.held = options.in_flight = logins.size();
    // As the fleet does, whose devices begin when they are due, whatever was answered meanwhile: starts among
    // answers find warmer caches, and the ratio would tell the order of the work, not its cost.
    options.starts_per_turn = logins.size();
    options.after_login = words_after_login();
    Duration const cpu = thread_cpu();
    load::FloodResult result = load::flood(options, logins, [](load::Instant) {});
    result.cpu = thread_cpu() - cpu;
    return result;
}

}  // namespace drydock::rig
