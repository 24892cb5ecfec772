// Servers to stand beside: the limit of the hardware, and brokers that others wrote, each a process
// that does the same work. Ends with its object.
#pragma once

#include "sim/flood/flood.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace drydock::rig {

class Peer {
public:
    Peer() = default;
    Peer(Peer const&) = delete;
    Peer& operator=(Peer const&) = delete;
    virtual ~Peer() = default;

    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    [[nodiscard]] virtual int process_id() const = 0;
    // True: takes the very frames drydockd takes. False: logins() are its own protocol's.
    [[nodiscard]] virtual bool speaks_frames() const = 0;
    [[nodiscard]] virtual std::vector<load::Login> const& logins() const = 0;
};

// `program` is this program: it starts itself as `benchmark limit-server`.
[[nodiscard]] std::unique_ptr<Peer> start_limit_server(std::filesystem::path const& program);
// "mosquitto": Debian's broker, open to everyone. Throws std::invalid_argument for another name and
// InfrastructureError when it is not installed.
[[nodiscard]] std::unique_ptr<Peer> start_peer(std::string const& name);

// The processor and the kernel, for reports.
[[nodiscard]] std::string machine_text();

}  // namespace drydock::rig
