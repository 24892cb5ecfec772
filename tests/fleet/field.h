// A fleet, a tiny cloud and the network between them in one world.
#pragma once

#include "sim/fleet/cast.h"
#include "sim/fleet/fleet.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"
#include "tests/fleet/tiny_cloud.h"

#include <catch2/catch.hpp>

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace drydock::test {

using namespace load;

inline std::string token_text(std::uint64_t index) {
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "token-%026llu", static_cast<unsigned long long>(index));
    return text.data();
}

// A plan with the one link "cable", which shapes nothing, and one population.
struct PlanText {
    std::uint64_t count = 10;
    std::string rate = "10/s";
    std::string over = "1s";
    std::string hold = "5m";
    std::string leave;  // over ten seconds, after the hold
};

inline LoadPlan plan_of(PlanText const& text) {
    LoadPlan plan;
    plan.id = "load.test";
    LinkProfile cable;
    cable.name = "cable";
    plan.links.push_back(cable);
    Population fleet;
    fleet.count = text.count;
    fleet.link = "cable";
    plan.populations.push_back(fleet);
    plan.phase_specs = {{"arrive", text.over, ArriveSpec{text.rate, {}, {}, {}, {}}, false, {}},
                        {"hold", text.hold, std::nullopt, true, {}}};
    if (!text.leave.empty()) { plan.phase_specs.push_back({"drain", "10s", std::nullopt, false, text.leave}); }
    plan.phases = Phases::plan(plan.phase_specs, text.count).value();
    plan.sampling.full = text.count;
    return plan;
}

class Field : public Operator {
public:
    explicit Field(LoadPlan const& plan, Shard shard = {}, std::uint64_t world_seed = 1,
                   std::shared_ptr<TlsContext> trust = nullptr)
        : world(Seed{world_seed}),
          network(world),
          events(world.loop().clock),
          cloud(world.loop(), network, {"cloud", 8080}),
          fleet(world.loop(), network, events, plan, options_of(plan, shard, std::move(trust)), *this) {}

    void run() {
        fleet.start(world.now() + std::chrono::seconds(1), [this] { is_finished = true; });
        INFO(world.stall_report());
        REQUIRE(world.run_while([this] { return !is_finished; }));
    }
    // Seconds since the plan began.
    void run_until(double seconds) {
        if (!is_started) {
            fleet.start(begin, [this] { is_finished = true; });
        }
        is_started = true;
        world.run_until(begin + std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
    }

    void perform(Fleet& its_fleet, Happening const& what, std::function<void(std::string)> then) override {
        if (on_perform) { on_perform(its_fleet, what); }
        then("");
    }

    [[nodiscard]] std::uint64_t count(Counter counter, Where const& where = {}) {
        return fleet.summary().count(counter, where);
    }
    [[nodiscard]] Histogram times(Latency latency) { return fleet.summary().times(latency); }
    // When it happened, in seconds since the plan began; first to last.
    [[nodiscard]] std::vector<double> times_of(std::string const& kind, std::string const& subject = {}) const {
        std::vector<double> found;
        for (Event const& event : events.events()) {
            if (event.kind != kind || (!subject.empty() && event.subject != subject)) { continue; }
            found.push_back(static_cast<double>((event.at - begin).count()) / 1e9);
        }
        return found;
    }

    World world;
    MemoryNetwork network;
    EventLog events;
    TinyCloud cloud;
    Fleet fleet;
    std::function<void(Fleet&, Happening const&)> on_perform;
    TimePoint begin = world.now() + std::chrono::seconds(1);
    bool is_finished = false;
    bool is_started = false;

private:
    static FleetOptions options_of(LoadPlan const& plan, Shard shard, std::shared_ptr<TlsContext> trust) {
        FleetOptions options;
        options.target = {"cloud", 8080};
        options.tls_target = options.target;
        options.tls_host = "localhost";
        options.tls = std::move(trust);
        options.shard = shard;
        Cast const cast(plan);
        for (std::uint64_t index = shard.index; index < plan.devices(); index += shard.of) {
            std::string const text = token_text(cast.role_of(index).token_of.value_or(index));
            std::copy_n(text.begin(), 32, options.tokens.emplace_back().begin());
        }
        return options;
    }
};

}  // namespace drydock::test
