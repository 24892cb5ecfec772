// JSON objects, one a line, between the rig and its load workers, over pipes. Loop thread only.
#pragma once

#include "server/base/loop.h"

#include <boost/json/object.hpp>

#include <functional>
#include <memory>

namespace drydock::rig {

class LineChannel {
public:
    static constexpr std::size_t k_line_bytes_max = 128UL * 1024 * 1024;  // a summary, or the tokens of a worker

    // Owns both descriptors from now on.
    LineChannel(Loop& loop, int read_from, int write_to);
    ~LineChannel();
    LineChannel(LineChannel const&) = delete;
    LineChannel& operator=(LineChannel const&) = delete;

    // Calls `on_message` for each line and `on_end` once when the other side is gone or talks nonsense.
    // Both may destroy the channel.
    void start(std::function<void(boost::json::object)> on_message, std::function<void()> on_end);
    // Queued; what the other side does not read is kept.
    void send(boost::json::object const& message);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace drydock::rig
