// The record of a run: plain values, and all that any report is made from.
#pragma once

#include "reports/model/load_record.h"
#include "reports/model/verdict.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::report {

enum class CheckKind { expect, eventually, never, error };
[[nodiscard]] std::string_view to_text(CheckKind kind);

struct CheckRecord {
    CheckKind kind = CheckKind::expect;
    std::string path;
    std::string expected;
    std::string observed;
    bool passed = false;
};

struct StepRecord {
    std::string id;
    std::string by;
    std::string verb;
    std::string file;
    std::size_t line = 0;
    Verdict verdict = Verdict::pass;
    double started_ms = 0;  // on the scenario's clock
    double duration_ms = 0;
    std::optional<double> time_to_true_ms;  // of an eventually
    std::vector<CheckRecord> checks;
    std::vector<std::string> covers;
    std::string message;  // why it failed, in plain words
    std::string note;
    bool was_reached = true;  // false: it never began, and stands here for what it covers
};

struct EventRecord {
    double at_ms = 0;
    std::string subject;
    std::string kind;
    std::vector<std::pair<std::string, std::string>> fields;
};

struct CaseRecord {
    std::string id;
    std::string title;
    std::string file;
    std::string bench;
    std::uint64_t seed = 0;
    std::optional<std::uint64_t> event_log_hash;  // virtual time only
    Verdict verdict = Verdict::pass;
    std::string message;
    double duration_ms = 0;  // on the scenario's clock
    double wall_ms = 0;
    bool is_scenario_at_fault = false;  // it cannot be run as written
    std::vector<std::string> covers;    // what the scenario speaks for as a whole
    std::vector<StepRecord> steps;      // those that began in that order, then those that never did
    std::vector<EventRecord> events;
    std::string reproduce;
    std::optional<LoadRecord> load;  // of a load run, which may have no steps
};

struct Requirement {
    std::string id;
    std::string level;  // must, should
    std::string text;
    std::string source;
};

struct RequirementVerdict {
    Requirement requirement;
    Verdict verdict = Verdict::not_covered;
    std::size_t checks = 0;  // steps that spoke for it
};

struct RunRecord {
    std::string version;
    std::string started;  // ISO 8601, UTC
    std::string command;
    std::string system;  // kernel and machine
    std::string compiler;
    std::uint64_t seed = 0;
    double wall_ms = 0;
    std::vector<CaseRecord> cases;
    std::vector<RequirementVerdict> requirements;
    Verdict verdict = Verdict::pass;
};

// Folds the cases: the run's verdict, and one per requirement of the catalogue.
void judge(RunRecord& run, std::vector<Requirement> const& catalogue);

}  // namespace drydock::report
