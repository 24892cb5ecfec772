// The same fleet over real sockets. Time is real here: nothing is judged by an upper bound.
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "tests/fleet/field.h"

using namespace drydock;
using namespace drydock::load;
using namespace drydock::test;
using namespace std::chrono_literals;

TEST_CASE("over sockets a fleet comes from many addresses, and waits for its turn", "[fleet]") {
    RealLoop real;
    TcpNetwork network(real);
    TinyCloud cloud(real.loop(), network, {"127.0.0.1", 0});
    EventLog events(real.loop().clock);
    LoadPlan const plan = plan_of({40, "400/s", "100ms", "100ms", {}});
    FleetOptions options;
    options.target = cloud.address();
    options.source_addresses = 4;
    for (std::uint64_t i = 0; i < 40; ++i) {
        std::string const text = token_text(i);
        std::copy_n(text.begin(), 32, options.tokens.emplace_back().begin());
    }
    struct Nobody : Operator {
        void perform(Fleet&, Happening const&, std::function<void(std::string)> then) override { then(""); }
    };
    Nobody nobody;
    Fleet fleet(real.loop(), network, events, plan, options, nobody);
    TimePoint const begin = real.loop().clock.now() + 10ms;
    bool is_finished = false;
    fleet.start(begin, [&is_finished] { is_finished = true; });
    while (!is_finished || fleet.snapshot().online < 40) { REQUIRE(real.reactor().run_one() == 1); }
    CHECK(cloud.sources ==
          std::map<std::string, unsigned>{{"127.0.0.1", 10}, {"127.0.0.2", 10}, {"127.0.0.3", 10}, {"127.0.0.4", 10}});
    PlanStream due(plan.phases, Flow::arrive, Seed{plan.seed});
    for (Event const& event : events.events()) {
        if (event.kind == "device.booted") { CHECK(event.at >= begin + due.next_due()->at); }
    }
    CHECK(fleet.summary().count(Counter::auth_accepted) == 40);
    CHECK(fleet.summary().times(Latency::generator_late).count() == 40);
}
