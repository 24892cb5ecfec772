// What the live view knows of a run so far, and the JSON its page asks for. A plain object: no I/O, no
// lock.
#pragma once

#include "reports/model/load_record.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

struct LiveMeta {
    std::string title;
    std::string machine;
    std::uint64_t devices = 0;
    std::uint64_t workers = 1;
    std::vector<report::LoadPhase> phases;
    std::vector<double> heat_bounds_ms;
};

class LiveFeed {
public:
    static constexpr std::size_t k_events_max = 1000;
    // In one answer: some 100 KB.
    static constexpr std::size_t k_ticks_in_answer = 600;

    // The page shows the last `ticks_max` ticks; older ones are forgotten. The report holds them all.
    explicit LiveFeed(std::size_t ticks_max) : ticks_max_(ticks_max) {}

    void set_meta(LiveMeta meta) { meta_ = std::move(meta); }
    void add(report::LoadTick tick);
    void add(report::LoadEvent event);
    // Verdict and sentence as in LoadRecord. What comes afterwards still counts: shards may end later.
    void finish(report::Verdict verdict, std::string sentence);
    [[nodiscard]] bool is_finished() const { return verdict_.has_value(); }

    // {"title", "first": n, "kept": ticks_max, "total": m, "load": as in run.json}, whose ticks are those from the
    // one numbered `from`, or from the oldest that is kept; its verdict is empty until finish().
    [[nodiscard]] std::string to_json(std::uint64_t from) const;

private:
    std::size_t ticks_max_;
    LiveMeta meta_;
    std::deque<report::LoadTick> ticks_;
    std::uint64_t first_ = 0;  // number of the oldest kept tick
    std::vector<report::LoadEvent> events_;
    std::optional<report::Verdict> verdict_;
    std::string sentence_;
};

}  // namespace drydock::rig
