// The composition root of the reference cloud: takes the seams, owns the rooms, opens the doors.
// The same object runs in drydockd on sockets and in a world under virtual time. Loop thread only.
#pragma once

#include "server/app/front_door.h"
#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/domain/store.h"
#include "server/http/http_server.h"
#include "server/net/stream.h"
#include "server/net/tls.h"
#include "server/token/vault.h"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace drydock {

// Servers that are wrong on purpose, to prove that the scenarios can fail.
enum class FaultyServer {
    none,
    claim_without_condition,   // reads, then writes without its condition: two claimers both win
    delete_keeps_session,      // a deleted token goes on talking
    invalid_token_while_down,  // status 9 when the store cannot say: bricks real devices
    crash_on_claim,            // aborts when a claim arrives; only for a process of its own
};
[[nodiscard]] std::optional<FaultyServer> faulty_server_from(std::string_view name);
[[nodiscard]] std::string_view to_text(FaultyServer faulty);
// Of those that are wrong, in the order above.
[[nodiscard]] std::vector<std::string_view> faulty_server_names();

struct CloudOptions {
    Address plain{"127.0.0.1", 8080};
    std::optional<Address> secure;
    std::shared_ptr<TlsContext> tls;  // needed with `secure`
    Secret setup_password;            // of admin@localhost, used when the store is empty
    HttpOptions http;
    DoorLimits door;
    FaultyServer faulty = FaultyServer::none;
    // Adds the figures of the process to the page of figures. None in virtual time.
    std::function<void(OpenMetrics&)> process_metrics;
};

class Cloud {
public:
    Cloud(Loop& loop, Network& network, Store& store, Vault const& vault, EventLog& events, CloudOptions options);
    ~Cloud();

    // Takes its ports, makes the root organization when the store is empty, then lets in who waits at
    // the doors. `then` is called once: a port that cannot be had leaves the store as it was.
    void start(std::function<void(result<void>)> then);
    // Closes doors and devices, answers the requests that are under way and closes their connections.
    // `then` is called once, later on the loop: when that is done, or after `patience`.
    void drain(Duration patience, std::function<void()> then);
    // Closes doors, devices and connections at once. What was answered is durable already.
    void stop();
    // The addresses listened on, with real ports. After a successful start.
    [[nodiscard]] Address plain() const;
    [[nodiscard]] std::optional<Address> secure() const;
    // Fault injection: the store answers `unavailable` to everything until set back.
    void set_store_down(bool is_down);
    [[nodiscard]] std::size_t online_devices() const;

private:
    struct Rooms;
    result<void> take_ports();
    void open_doors();
    std::unique_ptr<Rooms> rooms_;
};

}  // namespace drydock
