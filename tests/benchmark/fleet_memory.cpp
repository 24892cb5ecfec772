// How much heap a fleet over real sockets holds for a device that is online and idle, plain and TLS,
// its link, connection and due time included: the difference over thousands of devices.
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "sim/fleet/fleet.h"
#include "tests/benchmark/nobody.h"
#include "tests/benchmark/process_figures.h"
#include "tests/fleet/tiny_cloud.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <csignal>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace drydock;
using namespace drydock::load;

constexpr std::uint64_t k_warm = 200;  // tables and caches have grown before the count begins

struct Measure {
    std::uint64_t devices = 5000;
    bool is_tls = false;
    bool is_shaped = false;
};

// The second process. Ends with the first.
[[noreturn]] void be_the_cloud(std::shared_ptr<TlsContext> tls, int port_pipe) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    RealLoop real;
    TcpNetwork network(real);
    test::TinyCloud cloud(real.loop(), network, {"127.0.0.1", 0});
    cloud.tls = std::move(tls);
    std::uint16_t const port = cloud.address().port;
    if (::write(port_pipe, &port, sizeof port) != sizeof port) { ::_exit(1); }
    real.reactor().run();
    ::_exit(0);
}

LoadPlan plan_of(Measure const& what) {
    LoadPlan plan;
    LinkProfile link;
    link.name = "link";
    if (what.is_shaped) { link.round_trip = {std::chrono::milliseconds(5), std::chrono::milliseconds(10)}; }
    plan.links.push_back(link);
    Population fleet;
    fleet.count = what.devices + k_warm;
    fleet.link = "link";
    fleet.has_tls = what.is_tls;
    fleet.heartbeat = std::chrono::minutes(10);
    plan.populations.push_back(fleet);
    Activity ping;
    ping.every = std::chrono::minutes(10);
    plan.session.push_back(ping);
    plan.sampling.on_failure = 50;  // as load scenarios ask: the last that befell each device is kept
    std::string const rate = std::to_string(what.devices / 5) + "/s";
    std::string const warm = std::to_string(k_warm);
    plan.phase_specs = {{"warm", "2s", ArriveSpec{{}, {}, warm, {}, {}}, false, {}},
                        {"arrive", "5s", ArriveSpec{rate, {}, {}, {}, {}}, false, {}},
                        {"hold", "1m", std::nullopt, true, {}}};
    plan.phases = Phases::plan(plan.phase_specs, fleet.count).value();
    return plan;
}

int measure(Measure what) {
    what.devices = what.devices / 5 * 5;
    TlsTexts const texts = make_world_certificate();
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) { return 6; }
    pid_t const child = ::fork();
    if (child == 0) {
        be_the_cloud(what.is_tls ? TlsContext::server_from_text(texts.certificate, texts.key) : nullptr, pipe[1]);
    }
    FleetOptions options;
    options.target.host = "127.0.0.1";
    if (::read(pipe[0], &options.target.port, sizeof options.target.port) != sizeof options.target.port) { return 6; }
    options.tls_target = options.target;
    options.tls = TlsContext::client_from_text(texts.authority, TlsContext::Verify::yes);
    options.tls_host = "localhost";
    RealLoop real;
    TcpNetwork network(real);
    EventLog events(real.loop().clock);
    events.keep_none();
    std::size_t const nothing = bench::heap_bytes();
    options.tokens.reserve(what.devices + k_warm);
    for (std::uint64_t i = 0; i < what.devices + k_warm; ++i) {
        std::string const text = fmt::format("token-{:026}", i);
        std::copy_n(text.begin(), 32, options.tokens.emplace_back().begin());
    }
    bench::Nobody nobody;
    Fleet fleet(real.loop(), network, events, plan_of(what), std::move(options), nobody);
    std::size_t const table = bench::heap_bytes() - nothing;
    // Cells belong to the run, not to a device: made before the count begins.
    for (char const* phase : {"warm", "arrive", "hold"}) { static_cast<void>(fleet.summary().cell(phase, "link")); }
    fleet.start(real.loop().clock.now(), [] {});
    auto const run_to = [&](std::uint64_t online) {
        while (fleet.snapshot().online < online) { real.reactor().run_one(); }
        real.reactor().run_for(std::chrono::milliseconds(300));
    };
    run_to(k_warm);
    std::size_t const before = bench::heap_bytes();
    run_to(what.devices + k_warm);
    std::size_t const after = bench::heap_bytes();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto const each = [](std::size_t bytes, std::uint64_t count) {
        return static_cast<double>(bytes) / static_cast<double>(count);
    };
    double const row = each(table, what.devices + k_warm);
    double const connection = each(after - before, what.devices);
    fmt::print(
        "{:<5} {:<8} {:>6} devices online and idle: {:>6.0f} bytes of heap each, {:.0f} in tables (token, memories and "
        "one activity among them), {:.0f} for link and connection\n",
        what.is_tls ? "TLS" : "plain", what.is_shaped ? "shaped" : "unshaped", what.devices, row + connection, row,
        connection);
    fleet.stop();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Heap of a fleet per idle device.\nExample:\n  fleet_memory --devices 5000"};
    Measure what;
    app.add_option("--devices", what.devices, "Devices beyond the first 200")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    bench::raise_descriptor_limit();
    for (bool const is_tls : {false, true}) {
        for (bool const is_shaped : {false, true}) {
            what.is_tls = is_tls;
            what.is_shaped = is_shaped;
            if (int const code = measure(what); code != 0) { return code; }
        }
    }
    return 0;
}
