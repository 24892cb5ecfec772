// The network of a world: pipes with delay between named nodes, in memory. Bytes arrive in order,
// each write after its own drawn delay; buffers are bounded, so a slow reader pushes back.
#pragma once

#include "server/net/stream.h"
#include "sim/world/world.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace drydock {

// What a link does to bytes, each way.
struct LinkProfile {
    std::string name;
    Duration one_way{};
    Duration jitter{};  // drawn evenly from 0 to this and added
};
[[nodiscard]] LinkProfile ethernet_link();
[[nodiscard]] LinkProfile lte_m_link();
[[nodiscard]] LinkProfile nb_iot_link();

class MemoryNetwork final : public Network {
public:
    explicit MemoryNetwork(World& world, LinkProfile profile = ethernet_link());
    ~MemoryNetwork() override;

    [[nodiscard]] result<std::unique_ptr<Listener>> listen(Address at) override;
    void connect(Address to, OnConnect then) override;
    // Silences every link: bytes vanish, nobody is told (half-open connections).
    void cut(bool is_cut);

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace drydock
