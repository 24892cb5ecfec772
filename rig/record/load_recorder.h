// Writes down a load run while it is played: each second one tick, what happened, and at the end the
// record that all reports are made from. Plain object; owned by whoever plays the run (rig/load).
#pragma once

#include "reports/model/load_record.h"
#include "rig/record/generator_judge.h"
#include "sim/fleet/load_plan.h"
#include "sim/fleet/summary.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

// The fleet at one look, all its workers together.
struct FleetLook {
    std::uint64_t arrived = 0;  // since the beginning
    std::uint64_t expected = 0;
    std::uint64_t online = 0;
    std::uint64_t repeated_connects = 0;          // since the beginning: the kernel had to send their request again
    std::map<std::string, std::uint64_t> errors;  // since the beginning
    std::vector<double> cores;                    // used by each worker since the look before
    load::Summary fresh;                          // what was counted since the look before
};

// The server's process at one look.
struct ServerLook {
    double cores = 0;  // used since the look before
    double rss_bytes = 0;
};

// Figures of the server and the generator stand in rows of this link.
inline constexpr char const* k_machine_link = "machine";

// How a run ended before its plan did.
struct EarlyEnd {
    enum class Why { interrupted, gave_up, server_ended } why = Why::interrupted;
    std::string sentence;
    load::RunVerdict at_least = load::RunVerdict::inconclusive;  // gave_up: what missing that threshold means
};
[[nodiscard]] EarlyEnd interrupted_after(Duration at);
// The server under test, of our own, ended by itself: `how` says its signal or exit code, and its last words.
[[nodiscard]] EarlyEnd server_ended_after(Duration at, std::string_view how);
[[nodiscard]] EarlyEnd gave_up_after(Duration at, load::Finding const& finding);

class LoadRecorder {
public:
    // `plan` must outlive it.
    explicit LoadRecorder(load::LoadPlan const& plan);

    // One second is over. `at` is the time since the beginning. What comes less than half a second after
    // the look before belongs to that one's second.
    report::LoadTick const& look(Duration at, FleetLook fleet, std::optional<ServerLook> const& server);
    // What was still counted after an interrupt: everything but losses, which are those of a fleet that hangs up.
    void look_after_interrupt(load::Summary fresh);
    void happened(Duration at, std::string text, std::string outcome);
    // Something of the plan begins, and is "not finished" until ended() says what came of it: empty, as meant.
    [[nodiscard]] std::size_t begins(Duration at, std::string text);
    void ended(std::size_t number, std::string outcome);

    [[nodiscard]] load::Summary const& summary() const { return summary_; }
    [[nodiscard]] std::map<std::string, std::uint64_t> const& errors() const { return errors_; }
    // Connects and looks so far; whoever plays the run adds the kernel's counters.
    [[nodiscard]] GeneratorFacts generator() const;

    // The record, judged. Machine, workers, shards and the wall clock are the caller's.
    [[nodiscard]] report::LoadRecord finish(GeneratorFacts const& generator, std::optional<EarlyEnd> const& end) const;

private:
    load::LoadPlan const& plan_;
    load::Summary summary_;
    std::uint64_t arrived_ = 0;
    std::map<std::string, std::uint64_t> errors_;
    std::vector<report::LoadTick> ticks_;
    std::optional<Duration> looked_;
    std::vector<report::LoadEvent> events_;
    std::uint64_t saturated_looks_ = 0;
    double busiest_ = 0;
    std::uint64_t repeated_connects_ = 0;
};

// The name of the phase that a time belongs to; before and after the run its first and its last.
[[nodiscard]] std::string_view phase_name_at(load::LoadPlan const& plan, Duration at);
// The phases as a record tells them.
[[nodiscard]] std::vector<report::LoadPhase> phases_of(load::LoadPlan const& plan);
// Thresholds, verdict and sentence of the record from its plan's thresholds, all that was counted and what
// came of its events, which must be in the record already.
void judge_into(report::LoadRecord& record, std::vector<load::Threshold> const& thresholds,
                load::Summary const& summary, GeneratorJudgement const& generator);
// Of the server's memory over the longest hold, by least squares; nothing without one, and when its memory
// was not measured in it. The first quarter is left out: there it still grows for what has just arrived.
[[nodiscard]] std::optional<double> memory_slope_kib_per_min(std::vector<report::LoadPhase> const& phases,
                                                             std::vector<report::LoadTick> const& ticks);

}  // namespace drydock::rig
