// The servers of one benchmark run, started and ready: the limit of the hardware, a drydockd for
// each size of store, and the peers that were asked for; and what each is asked. One thread.
#pragma once

#include "rig/bench/daemon_process.h"
#include "rig/benchmark/auth.h"
#include "rig/benchmark/peers.h"
#include "rig/benchmark/revoking.h"
#include "server/base/real_loop.h"
#include "server/net/tls.h"

#include <memory>
#include <string>
#include <vector>

namespace drydock::rig {

// Devices of one store, spread over all of it, with the only right answer to each.
struct Devices {
    std::vector<load::Login> known;
    std::vector<load::Login> unknown;
    std::vector<load::Login> deleted;
    std::vector<Revocable> revocable;  // none of the known ones: nobody misses them afterwards
};

struct Contestant {
    std::string name;
    std::uint64_t tokens = 0;
    Devices const* devices = nullptr;  // none: a peer with logins of its own
    Peer const* peer = nullptr;
    DaemonProcess* daemon = nullptr;

    [[nodiscard]] int process_id() const { return daemon != nullptr ? daemon->process_id() : peer->process_id(); }
    [[nodiscard]] std::uint16_t port(AuthCase::Link link) const;
    // Whether the case can be put to it at all.
    [[nodiscard]] bool takes_part(AuthCase const& one) const;
    [[nodiscard]] std::vector<load::Login> const& logins(AuthCase::Tokens which) const;
};

class Contestants {
public:
    // Starts them all, the drydockds on stores that it fills. `options` stay the caller's.
    explicit Contestants(AuthOptions const& options);

    // In the order of the first run.
    [[nodiscard]] std::vector<Contestant> const& all() const { return all_; }
    [[nodiscard]] Contestant const& limit() const;
    [[nodiscard]] Contestant const& first_daemon() const;
    [[nodiscard]] std::vector<AuthStock> const& stocks() const { return stocks_; }
    [[nodiscard]] std::shared_ptr<TlsContext> const& trust() const { return trust_; }
    // So many devices take part, whatever the store holds.
    [[nodiscard]] std::size_t devices() const { return devices_count_; }

private:
    void start_daemon(std::uint64_t tokens);
    void say(std::string const& text) const;

    AuthOptions const& options_;
    RealLoop real_;
    std::size_t devices_count_;
    std::vector<std::unique_ptr<Devices>> devices_;
    std::vector<std::unique_ptr<DaemonProcess>> daemons_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<AuthStock> stocks_;
    std::shared_ptr<TlsContext> trust_;
    std::vector<Contestant> all_;
};

}  // namespace drydock::rig
