// A page in the browser that shows a load run while it goes on. Whoever runs the load tells it what
// happened; it never asks back.
#pragma once

#include "rig/web/live_feed.h"

#include <cstdint>
#include <memory>
#include <string>

namespace drydock::rig {

struct LiveOptions {
    std::uint16_t port = 0;        // of 127.0.0.1; 0 picks a free one
    std::size_t ticks_max = 3600;  // what the page shows at most: the last hour at one a second
};

// Calls may come from any thread; each only keeps what it is given. Serves from a thread of its own with
// low priority, so make it after worker processes were forked.
class LiveView {
public:
    // Throws std::runtime_error when the port cannot be had.
    explicit LiveView(LiveOptions options);
    ~LiveView();
    LiveView(LiveView const&) = delete;
    LiveView& operator=(LiveView const&) = delete;

    // "http://127.0.0.1:40123/"
    [[nodiscard]] std::string address() const;

    void set_meta(LiveMeta meta);
    void add(report::LoadTick tick);
    void add(report::LoadEvent event);
    // Verdict and sentence as in report::LoadRecord. When a page is open, waits until it was told, two seconds
    // at most. The page stops asking; it is served until this is destroyed.
    void finish(report::Verdict verdict, std::string sentence = {});

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace drydock::rig
