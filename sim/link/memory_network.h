// The network of a world: pipes with delay between named nodes, in memory. Bytes arrive in order,
// each write after its own drawn delay; buffers are bounded, so a slow reader pushes back. An idle
// connection takes some 250 bytes. Loop thread only.
#pragma once

#include "server/net/stream.h"
#include "sim/world/world.h"

#include <memory>

namespace drydock {

// How long bytes are under way, each way. What a radio does to them is a link's profile (profile.h).
struct WireDelay {
    Duration one_way = std::chrono::milliseconds(1);
    Duration jitter = std::chrono::microseconds(200);  // drawn evenly from 0 to this and added
};

class MemoryNetwork final : public Network {
public:
    // Its connections may outlive it, but not the world.
    explicit MemoryNetwork(World& world, WireDelay delay = {});
    ~MemoryNetwork() override;

    [[nodiscard]] result<std::unique_ptr<Listener>> listen(Address at) override;
    void connect(Address to, OnConnect then) override;

private:
    struct State;
    class NodeListener;
    std::shared_ptr<State> state_;
};

}  // namespace drydock
