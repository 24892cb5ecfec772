// The phases of a load run, one after the other: who arrives, who leaves, when each begins and
// ends. Made from the texts of a scenario; an impossible plan is refused with all its problems.
#pragma once

#include "sim/fleet/arrivals.h"
#include "sim/fleet/load_error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::load {

struct StepSpec {
    std::string rate;  // "20/s"
    std::string over;  // "for" in the scenario: "10s"
};

// One of: `from` alone for a constant rate, `from` and `to` for a ramp, `steps`, or `burst`.
struct ArriveSpec {
    std::string from;
    std::string to;
    std::string burst;    // how many at once, "5000"
    std::string spacing;  // "even" when empty, or "poisson"
    std::vector<StepSpec> steps;
};

struct PhaseSpec {
    std::string name;
    std::string over;  // "for" in the scenario; steps may leave it out
    std::optional<ArriveSpec> arrive;
    bool is_hold = false;  // nobody arrives, nobody leaves; so it is, too, when nothing is said
    std::string leave;     // empty, "all" for everybody at the beginning, or a rate
};

struct Phase {
    std::string name;
    Duration begin{};  // since the beginning of the run
    Duration end{};
    Arrivals arrive;
    Arrivals leave;  // those who came first leave first
    std::uint64_t first_arrival = 0;
    std::uint64_t first_leaving = 0;
};

class Phases {
public:
    static constexpr std::size_t k_phases_max = 100;

    Phases() = default;  // no phase: over before it begins
    [[nodiscard]] static checked<Phases> plan(std::vector<PhaseSpec> const& specs, std::uint64_t population);

    [[nodiscard]] std::vector<Phase> const& all() const { return phases_; }
    [[nodiscard]] Duration end() const { return phases_.empty() ? Duration{} : phases_.back().end; }
    [[nodiscard]] std::uint64_t arrivals() const { return arrivals_; }
    [[nodiscard]] std::uint64_t leavings() const { return leavings_; }
    // Where all().at(i) is the phase of that time: a phase begins with its first nanosecond and ends
    // before its last. Nothing before the run and after it.
    [[nodiscard]] std::optional<std::size_t> index_at(Duration since_begin) const;
    // "90s", "hold" or "hold+2m", as time since the beginning of the run. `field` names it in the problem.
    [[nodiscard]] checked<Duration> when(std::string_view anchor, std::string_view field) const;

private:
    std::vector<Phase> phases_;
    std::uint64_t arrivals_ = 0;
    std::uint64_t leavings_ = 0;
};

enum class Flow { arrive, leave };

// All arrivals or leavings of a run for one shard, as times since its beginning. The shards split
// the run by index, so that a worker has the same devices in each phase.
class PlanStream {
public:
    PlanStream(Phases const& phases, Flow flow, Seed seed, Shard shard = {});

    [[nodiscard]] std::optional<Due> next_due();

private:
    void open_phase();

    std::vector<Phase> phases_;
    Flow flow_;
    Seed seed_;
    Shard shard_;
    std::size_t phase_ = 0;
    std::optional<ArrivalStream> stream_;
};

}  // namespace drydock::load
