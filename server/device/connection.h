// One connection of the device edge and what is remembered of its token. For the sources of the
// edge only: device_edge.cpp moves the bytes, device_login.cpp lets them in.
#pragma once

#include "server/base/spare_blocks.h"
#include "server/device/device_edge.h"

#include <cstdint>
#include <memory>
#include <utility>

namespace drydock {

struct DeviceEdge::Known {
    Epoch epoch = 0;
    PinValues pins;
    TimePoint takeovers_since{};
    unsigned takeovers = 0;
};

struct DeviceEdge::Connection final : HasDeadline, Recycled<DeviceEdge::Connection> {
    enum class Phase : std::uint8_t { fresh, asking_store, online, draining, ended };

    Connection(DeviceEdge& its_edge, StreamPtr its_stream) : edge(its_edge), stream(std::move(its_stream)) {}
    void on_deadline() override { edge.on_deadline(*this); }
    void on_readable() { edge.on_readable(*this); }
    void on_writable() { edge.on_writable(*this); }

    DeviceEdge& edge;
    StreamPtr stream;
    Connection* before = nullptr;  // the chain of the living
    Connection* after = nullptr;
    DeviceSession session;
    TokenId token;
    Epoch epoch = 0;
    TimePoint heard{};  // the last frame
    Phase phase = Phase::fresh;
    // Only while a frame is split, or an answer does not fit into the socket.
    std::unique_ptr<Bytes> part;
    std::unique_ptr<Bytes> stuck;
};

}  // namespace drydock
