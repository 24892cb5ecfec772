#include "rig/web/live_view.h"

#include "rig/web/live_server.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace drydock::rig {

struct LiveView::State {
    explicit State(LiveOptions const& options)
        : feed(options.ticks_max), server(options.port, [this](LiveRequest const& request, std::uint16_t port) {
              std::scoped_lock const lock(mutex);
              return answer_of(request, port, feed);
          }) {}

    std::mutex mutex;  // of the feed
    LiveFeed feed;
    LiveServer server;  // ended first
};

LiveView::LiveView(LiveOptions options) : state_(std::make_unique<State>(options)) {}
LiveView::~LiveView() = default;

std::string LiveView::address() const { return fmt::format("http://127.0.0.1:{}/", state_->server.port()); }

void LiveView::set_meta(LiveMeta meta) {
    std::scoped_lock const lock(state_->mutex);
    state_->feed.set_meta(std::move(meta));
}

void LiveView::add(report::LoadTick tick) {
    std::scoped_lock const lock(state_->mutex);
    state_->feed.add(std::move(tick));
}

void LiveView::add(report::LoadEvent event) {
    std::scoped_lock const lock(state_->mutex);
    state_->feed.add(std::move(event));
}

void LiveView::finish(report::Verdict verdict, std::string sentence) {
    {
        std::scoped_lock const lock(state_->mutex);
        state_->feed.finish(verdict, std::move(sentence));
    }
    state_->server.wait_for_reader(std::chrono::seconds(2));
}

}  // namespace drydock::rig
