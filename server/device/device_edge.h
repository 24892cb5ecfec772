// The edge where devices live: sessions, takeovers, presence, deadlines. An idle device is one
// object with one readiness wait: it owns no buffer and no coroutine. Loop thread only.
#pragma once

#include "server/base/deadlines.h"
#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/base/spare_blocks.h"
#include "server/device/session.h"
#include "server/domain/lifecycle.h"
#include "server/domain/live_sessions.h"
#include "server/domain/store.h"
#include "server/net/stream.h"
#include "server/token/vault.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace drydock {

struct DeviceStats {
    std::size_t online = 0;
    std::size_t connections = 0;
    std::uint64_t logins = 0;
    std::uint64_t invalid = 0;   // told 9
    std::uint64_t later = 0;     // told 19
    std::uint64_t no_login = 0;  // closed without a login: silent, too slow, or not speaking the protocol
    std::uint64_t takeovers = 0;
};

class DeviceEdge final : public LiveSessions {
public:
    DeviceEdge(Loop& loop, Store& store, Vault const& vault, EventLog& events);
    ~DeviceEdge() override;

    // Takes a connection whose first bytes were read already.
    void accept(StreamPtr stream, BytesView first_bytes);
    void close_all();
    [[nodiscard]] DeviceStats stats() const;

    void rehome(TokenId token, Epoch epoch, OrganizationId place, Values values) override;
    void kick(TokenId token, Epoch epoch) override;
    [[nodiscard]] bool is_online(TokenId token) const override;
    [[nodiscard]] Metadata values(TokenId token, Epoch epoch) const override;

private:
    struct Connection;
    struct Known;  // what is remembered of a token beyond its connection

    void listen_to(Connection& connection);
    void on_readable(Connection& connection);
    void on_writable(Connection& connection);
    void take(Connection& connection, BytesView bytes);
    [[nodiscard]] std::size_t take_frames(Connection& connection, BytesView bytes);
    void authenticate(Connection& connection);
    void log_in(Connection& connection, TokenDigest const& digest, unsigned tries);
    void commit_connect(Connection& connection, TokenDigest const& digest, unsigned tries, Decision decision,
                        Token const& token);
    void welcome(Connection& connection, LoginEntry const& entry);
    void take_over(Connection& older, TokenId token);
    void refuse(Connection& connection, wire::Status status);
    void send(Connection& connection);
    void on_committed(std::uint64_t number, TokenDigest const& digest, unsigned tries, result<Receipt> const& done);
    // Ends what it can end now; the object itself goes with bury(), when nobody stands on it.
    void end(Connection& connection, char const* reason);
    void bury();
    void watch(Connection& connection);
    void on_deadline(Connection& connection);
    [[nodiscard]] PinValues* pins(Connection const& connection, wire::Command command);
    void note(TokenId token, char const* what, Fields fields);

    Loop& loop_;
    Store& store_;
    Vault const& vault_;
    EventLog& events_;
    Deadlines deadlines_;
    Bytes chunk_;  // every read of the edge goes through this one buffer
    Bytes out_;    // answers to what one read brought, sent in one write
    std::uint64_t last_ = 0;
    std::size_t connections_ = 0;
    // Every connection stands in one of these chains: the living, or those ended in this turn.
    Connection* living_ = nullptr;
    std::vector<std::unique_ptr<Connection>> ended_;
    std::unordered_map<std::uint64_t, Connection*> asking_;  // those whose first connect is being committed
    using Online = std::pair<TokenId const, Connection*>;
    std::unordered_map<TokenId, Connection*, std::hash<TokenId>, std::equal_to<>, RecyclingAllocator<Online>> online_;
    std::unordered_map<TokenId, Known> known_;
    DeviceStats stats_;
    // Outcomes of the store that come after the edge's end look here first.
    std::shared_ptr<DeviceEdge*> self_;
};

}  // namespace drydock
