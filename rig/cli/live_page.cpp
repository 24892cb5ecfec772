#include "rig/cli/live_page.h"

#include "rig/cli/tell.h"
#include "rig/record/load_recorder.h"
#include "rig/record/load_rows.h"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

namespace drydock::rig {

LivePage::LivePage(std::optional<std::uint16_t> port, load::LoadPlan const& plan, std::string title) : plan_(plan) {
    if (!port) { return; }
    try {
        view_.emplace(LiveOptions{*port});
    } catch (std::runtime_error const& e) { throw std::invalid_argument(e.what()); }
    LiveMeta meta;
    meta.title = std::move(title);
    meta.devices = plan.devices();
    meta.phases = phases_of(plan);
    meta.heat_bounds_ms = heat_bounds_ms();
    view_->set_meta(std::move(meta));
    tell("live view: {}\n", view_->address());
}

void LivePage::show(LoadProgress const& progress) {
    if (!view_) { return; }
    for (; happened_ < plan_.happenings.size() && plan_.happenings[happened_].at <= progress.at; ++happened_) {
        load::Happening const& one = plan_.happenings[happened_];
        view_->add(report::LoadEvent{std::chrono::duration<double>(one.at).count(), one.text, {}});
    }
    view_->add(progress.tick);
}

void LivePage::finish(report::LoadRecord const& record) {
    if (view_) { view_->finish(record.verdict, record.sentence); }
}

}  // namespace drydock::rig
