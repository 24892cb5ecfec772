// A small HTTP server on 127.0.0.1 with a thread of its own, which runs below the priority of all others.
#pragma once

#include "rig/web/live_answer.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace drydock::rig {

class LiveServer {
public:
    static constexpr int k_connections_max = 16;

    // Called on the server's thread. The request's texts live until it returns.
    using Answer = std::function<LiveAnswer(LiveRequest const& request, std::uint16_t port)>;

    // Throws std::runtime_error when the port (0: any) cannot be had.
    LiveServer(std::uint16_t port, Answer answer);
    // Ends open connections and waits for the thread.
    ~LiveServer();
    LiveServer(LiveServer const&) = delete;
    LiveServer& operator=(LiveServer const&) = delete;

    [[nodiscard]] std::uint16_t port() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace drydock::rig
