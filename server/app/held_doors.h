// Ports that were taken before anything else was done, handed out when they are asked for: a port
// that cannot be had is told before the first file is written. Loop thread only.
#pragma once

#include "server/net/stream.h"

#include <memory>
#include <utility>
#include <vector>

namespace drydock {

class HeldDoors final : public Network {
public:
    explicit HeldDoors(Network& network) : network_(network) {}

    // Takes the port. Nobody is let in yet.
    [[nodiscard]] result<void> hold(Address const& at);
    // A port held for this address, in the order they were taken, or else a new one.
    [[nodiscard]] result<std::unique_ptr<Listener>> listen(Address at) override;
    void connect(Address to, OnConnect then) override { network_.connect(std::move(to), std::move(then)); }

private:
    Network& network_;
    std::vector<std::pair<Address, std::unique_ptr<Listener>>> held_;
};

}  // namespace drydock
