#include "rig/web/live_feed.h"

#include "reports/write/load_json.h"
#include "reports/write/text.h"

#include <boost/json.hpp>

#include <algorithm>

namespace drydock::rig {

void LiveFeed::add(report::LoadTick tick) {
    ticks_.push_back(std::move(tick));
    if (ticks_.size() > ticks_max_) {
        ticks_.pop_front();
        ++first_;
    }
}

void LiveFeed::add(report::LoadEvent event) {
    if (events_.size() < k_events_max) { events_.push_back(std::move(event)); }
}

void LiveFeed::finish(report::Verdict verdict, std::string sentence) {
    verdict_ = verdict;
    sentence_ = std::move(sentence);
}

std::string LiveFeed::to_json(std::uint64_t from) const {
    namespace json = boost::json;
    // The record's own form: the page draws both.
    report::LoadRecord load;
    load.sentence = sentence_;
    load.machine = meta_.machine;
    load.devices = meta_.devices;
    load.workers = meta_.workers;
    load.phases = meta_.phases;
    load.heat_bounds_ms = meta_.heat_bounds_ms;
    load.events = events_;
    std::uint64_t const total = first_ + ticks_.size();
    std::uint64_t const begin = std::clamp(from, first_, total);
    std::uint64_t const end = std::min<std::uint64_t>(total, begin + k_ticks_in_answer);
    load.ticks.assign(ticks_.begin() + static_cast<std::ptrdiff_t>(begin - first_),
                      ticks_.begin() + static_cast<std::ptrdiff_t>(end - first_));
    json::object out;
    out["title"] = report::as_utf8(meta_.title);
    out["first"] = begin;
    out["kept"] = ticks_max_;
    out["total"] = total;
    json::object so_far = report::to_json(load);
    so_far["verdict"] = verdict_ ? report::to_text(*verdict_) : std::string_view();
    out["load"] = std::move(so_far);
    return json::serialize(out);
}

}  // namespace drydock::rig
