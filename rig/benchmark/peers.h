// Servers to stand beside: the limit of the hardware, and brokers that others wrote, each a process
// that does the same work. Ends with its object.
#pragma once

#include "sim/flood/flood.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
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
    // 0: no TLS door.
    [[nodiscard]] virtual std::uint16_t secure_port() const { return 0; }
    [[nodiscard]] virtual int process_id() const = 0;
    // Empty: takes the very frames drydockd takes, and answers yes to all.
    [[nodiscard]] virtual std::vector<load::Login> const& logins() const = 0;
};

// `program` is this program: it starts itself as `benchmark limit-server`. The TLS door has the
// certificate and key of this folder (server.pem, server.key).
[[nodiscard]] std::unique_ptr<Peer> start_limit_server(std::filesystem::path const& program,
                                                       std::filesystem::path const& pki);

[[nodiscard]] std::vector<std::string_view> const& peer_names();
// "mosquitto": Debian's broker, open to everyone. "mosquitto-password": the same with its default
// slow password hash. "aedes": the broker from npm with an authenticator; `fixtures` holds its
// folder. Throws std::invalid_argument for another name and InfrastructureError, with the command
// that installs it, when it is not there.
[[nodiscard]] std::unique_ptr<Peer> start_peer(std::string const& name, std::filesystem::path const& fixtures);

}  // namespace drydock::rig
