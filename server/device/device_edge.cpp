#include "server/device/device_edge.h"

#include "server/base/check.h"

#include <chrono>
#include <string>
#include <utility>

namespace drydock {

namespace {

using wire::Status;

constexpr std::size_t k_chunk_bytes = 64 * 1024;
constexpr std::size_t k_out_bytes_max = 64 * 1024;  // a slow reader beyond this is closed
constexpr auto k_login_deadline = std::chrono::seconds(10);
constexpr auto k_drain = std::chrono::seconds(1);  // after a refusal, before the close
constexpr unsigned k_connect_tries_max = 5;
constexpr unsigned k_flash_takeovers = 5;                  // AUTH-10: duplicate flash …
constexpr auto k_flash_window = std::chrono::minutes(10);  // … within this

}  // namespace

struct DeviceEdge::Known {
    Epoch epoch = 0;
    PinValues pins;
    TimePoint takeovers_since{};
    unsigned takeovers = 0;
};

struct DeviceEdge::Connection final : HasDeadline {
    enum class Phase : std::uint8_t { fresh, asking_store, online, draining };

    Connection(DeviceEdge& its_edge, std::uint64_t its_number, StreamPtr its_stream)
        : edge(its_edge), number(its_number), stream(std::move(its_stream)) {}
    void on_deadline() override { edge.on_deadline(*this); }

    DeviceEdge& edge;
    std::uint64_t number;
    StreamPtr stream;
    DeviceSession session;
    TokenId token;
    Epoch epoch = 0;
    Phase phase = Phase::fresh;
    bool waits_writable = false;
    // Only while a frame is split, or an answer does not fit into the socket.
    std::unique_ptr<Bytes> part;
    std::unique_ptr<Bytes> stuck;
};

DeviceEdge::DeviceEdge(Loop& loop, Store& store, Vault const& vault, EventLog& events)
    : loop_(loop),
      store_(store),
      vault_(vault),
      events_(events),
      deadlines_(loop.clock),
      chunk_(k_chunk_bytes),
      self_(std::make_shared<DeviceEdge*>(this)) {}

DeviceEdge::~DeviceEdge() { *self_ = nullptr; }

DeviceStats DeviceEdge::stats() const {
    DeviceStats stats = stats_;
    stats.online = online_.size();
    stats.connections = connections_.size();
    return stats;
}

void DeviceEdge::accept(StreamPtr stream, Bytes first_bytes) {
    std::uint64_t const number = ++last_;
    auto made = std::make_unique<Connection>(*this, number, std::move(stream));
    Connection& connection = *made;
    connections_.emplace(number, std::move(made));
    deadlines_.set(connection, loop_.clock.now() + k_login_deadline);
    take(connection, first_bytes);
    if (connections_.contains(number)) { listen_to(connection); }
}

void DeviceEdge::close_all() {
    online_.clear();
    connections_.clear();
}

void DeviceEdge::listen_to(Connection& connection) {
    auto on_ready = [edge = self_, number = connection.number](error_code ec) {
        if (*edge != nullptr) { (*edge)->on_readable(number, ec); }
    };
    connection.stream->wait_readable(std::move(on_ready));
}

void DeviceEdge::on_readable(std::uint64_t number, error_code ec) {
    auto const found = connections_.find(number);
    if (found == connections_.end()) { return; }
    Connection& connection = *found->second;
    if (ec) { return end(connection, "connection lost"); }
    auto const got = connection.stream->read_some(chunk_);
    if (!got && !is_would_block(got.error())) { return end(connection, "closed by device"); }
    if (got) { take(connection, BytesView(chunk_).first(*got)); }
    if (connections_.contains(number)) { listen_to(connection); }
}

void DeviceEdge::take(Connection& connection, BytesView bytes) {
    if (connection.phase == Connection::Phase::draining) { return; }
    std::uint64_t const number = connection.number;
    if (connection.phase == Connection::Phase::asking_store || connection.part) {
        if (!connection.part) { connection.part = std::make_unique<Bytes>(); }
        Bytes& part = *connection.part;
        if (part.size() + bytes.size() > 2 * k_chunk_bytes) { return end(connection, "too much before the answer"); }
        part.insert(part.end(), bytes.begin(), bytes.end());
        if (connection.phase == Connection::Phase::asking_store) { return; }
        auto const owned = std::move(connection.part);
        std::size_t const used = take_frames(connection, *owned);
        if (!connections_.contains(number)) { return; }
        if (used < owned->size()) {
            connection.part = std::make_unique<Bytes>(owned->begin() + static_cast<std::ptrdiff_t>(used), owned->end());
        }
        return send(connection);
    }
    std::size_t const used = take_frames(connection, bytes);
    if (!connections_.contains(number)) { return; }
    if (used < bytes.size() && connection.phase != Connection::Phase::draining) {
        BytesView const rest = bytes.subspan(used);
        connection.part = std::make_unique<Bytes>(rest.begin(), rest.end());
    }
    send(connection);
}

std::size_t DeviceEdge::take_frames(Connection& connection, BytesView bytes) {
    out_.clear();
    std::size_t used = 0;
    std::uint64_t const number = connection.number;
    while (used < bytes.size()) {
        auto const step = wire::decode(bytes.subspan(used), connection.session.body_bytes_max());
        if (step.kind == wire::Decoded::Kind::need_more) { break; }
        if (step.kind == wire::Decoded::Kind::too_long) {
            end(connection, "frame too long");
            return used;
        }
        used += step.consumed;
        auto const action = connection.session.on_frame(step.frame, loop_.clock.wall(), pins(connection), out_);
        if (action == DeviceSession::Action::close) {
            end(connection, "broke the protocol");
            return used;
        }
        if (action == DeviceSession::Action::authenticate) { authenticate(connection); }
        if (!connections_.contains(number)) { return used; }
        if (connection.phase == Connection::Phase::draining) { return bytes.size(); }
        if (connection.phase == Connection::Phase::asking_store) { return used; }
    }
    if (connection.phase == Connection::Phase::online) {
        deadlines_.set(connection, loop_.clock.now() + connection.session.silence_max());
    }
    return used;
}

PinValues* DeviceEdge::pins(Connection const& connection) {
    if (connection.phase != Connection::Phase::online) { return nullptr; }
    Known& known = known_[connection.token];
    if (known.epoch != connection.epoch) {
        known.epoch = connection.epoch;
        known.pins.clear();
    }
    return &known.pins;
}

void DeviceEdge::authenticate(Connection& connection) {
    std::string_view const text = connection.session.login_token();
    // A text of another length or alphabet can never be a valid token: final at once.
    if (!is_auth_token_text(text)) { return refuse(connection, Status::invalid_token); }
    log_in(connection, vault_.digest(text), 0);
}

void DeviceEdge::log_in(Connection& connection, TokenDigest const& digest, unsigned tries) {
    auto const entry = store_.find_login(digest);
    // AUTH-08: only a committed negative may say "invalid"; real clients stop for ever on it.
    if (!entry) { return refuse(connection, Status::server_exception); }
    if (!*entry) { return refuse(connection, Status::invalid_token); }
    if (!is_live((*entry)->state)) {
        events_.append(Vault::printed(digest), "device.ghost");
        return refuse(connection, Status::invalid_token);
    }
    TokenState const state = (*entry)->state;
    if (state == TokenState::activated || state == TokenState::claimed) {
        connection.phase = Connection::Phase::fresh;
        return welcome(connection, **entry);
    }
    auto const token = store_.token((*entry)->id);
    if (!token || !*token || tries >= k_connect_tries_max) { return refuse(connection, Status::server_exception); }
    auto decision = lifecycle::connect(**token);
    if (!decision || !decision->update) {
        // The index learns of a commit a moment before or after the reading side: ask again.
        connection.phase = Connection::Phase::fresh;
        if (decision) {
            return welcome(connection, LoginEntry{(*token)->id, (*token)->epoch, (*token)->state, (*token)->holder});
        }
        return refuse(connection, Status::server_exception);
    }
    commit_connect(connection, digest, tries, std::move(*decision), **token);
}

void DeviceEdge::commit_connect(Connection& connection, TokenDigest const& digest, unsigned tries, Decision decision,
                                Token const& token) {
    connection.phase = Connection::Phase::asking_store;
    Change change;
    change.writes.push_back(*decision.update);
    AuditEntry entry;
    entry.token = token.id;
    entry.event = decision.event;
    entry.verb = "connect";
    entry.organization = decision.update->holder;
    entry.epoch_before = token.epoch;
    entry.epoch_after = decision.update->epoch;
    entry.state_after = decision.update->state;
    entry.at = loop_.clock.wall();
    entry.source = connection.stream->peer().host;
    change.audit.push_back(std::move(entry));
    store_.commit(std::move(change), [edge = self_, number = connection.number, digest, tries](result<Receipt> done) {
        if (*edge == nullptr) { return; }
        auto const found = (*edge)->connections_.find(number);
        if (found == (*edge)->connections_.end()) { return; }
        Connection& waiting = *found->second;
        (*edge)->out_.clear();
        bool const may_try_again = done || done.error() == make_error_code(cloud_errc::conflict);
        if (may_try_again) {
            (*edge)->log_in(waiting, digest, tries + 1);
        } else {
            (*edge)->refuse(waiting, Status::server_exception);
        }
        if (!(*edge)->connections_.contains(number) || waiting.phase == Connection::Phase::asking_store) { return; }
        (*edge)->send(waiting);
        // What the device sent meanwhile was kept.
        if ((*edge)->connections_.contains(number) && waiting.part) { (*edge)->take(waiting, {}); }
    });
}

void DeviceEdge::welcome(Connection& connection, LoginEntry const& entry) {
    take_over(connection, entry.id);
    connection.token = entry.id;
    connection.epoch = entry.epoch;
    connection.phase = Connection::Phase::online;
    online_[entry.id] = &connection;
    ++stats_.logins;
    connection.session.accept(out_);
    deadlines_.set(connection, loop_.clock.now() + connection.session.silence_max());
    events_.append("token " + std::to_string(entry.id.value), "device.online",
                   {{"epoch", std::to_string(entry.epoch)}, {"organization", std::to_string(entry.place.value)}});
}

// E10: the newest login of a token wins; the older session closes without an answer.
void DeviceEdge::take_over(Connection& connection, TokenId token) {
    auto const older = online_.find(token);
    if (older == online_.end()) { return; }
    DRYDOCK_CHECK(older->second != &connection);
    ++stats_.takeovers;
    Known& known = known_[token];
    TimePoint const now = loop_.clock.now();
    if (known.takeovers == 0 || now - known.takeovers_since > k_flash_window) {
        known.takeovers = 0;
        known.takeovers_since = now;
    }
    if (++known.takeovers == k_flash_takeovers) {
        events_.append("token " + std::to_string(token.value), "device.duplicate_flash");
    }
    // The newcomer's answers wait in out_; ending the older one must not lose them.
    end(*older->second, "taken over by a newer login");
}

void DeviceEdge::refuse(Connection& connection, wire::Status status) {
    ++stats_.refused;
    connection.session.refuse(status, out_);
    connection.phase = Connection::Phase::draining;
    connection.part.reset();
    deadlines_.set(connection, loop_.clock.now() + k_drain);
}

void DeviceEdge::send(Connection& connection) {
    BytesView rest(out_);
    if (connection.stuck) {
        connection.stuck->insert(connection.stuck->end(), rest.begin(), rest.end());
        if (connection.stuck->size() > k_out_bytes_max) { return end(connection, "does not read its answers"); }
        return;
    }
    while (!rest.empty()) {
        auto const put = connection.stream->write_some(rest);
        if (put) {
            rest = rest.subspan(*put);
        } else if (is_would_block(put.error())) {
            break;
        } else {
            return end(connection, "connection lost");
        }
    }
    if (!rest.empty()) {
        connection.stuck = std::make_unique<Bytes>(rest.begin(), rest.end());
        auto on_ready = [edge = self_, number = connection.number](error_code ec) {
            if (*edge != nullptr) { (*edge)->on_writable(number, ec); }
        };
        return connection.stream->wait_writable(std::move(on_ready));
    }
    // After a refusal: said, half-closed, drained for a second, closed. A close with unread input
    // would become a reset that can eat the answer.
    if (connection.phase == Connection::Phase::draining) { connection.stream->shutdown_send(); }
}

void DeviceEdge::on_writable(std::uint64_t number, error_code ec) {
    auto const found = connections_.find(number);
    if (found == connections_.end()) { return; }
    Connection& connection = *found->second;
    if (ec) { return end(connection, "connection lost"); }
    auto const owned = std::move(connection.stuck);
    out_.swap(*owned);
    send(connection);
}

void DeviceEdge::on_deadline(Connection& connection) {
    switch (connection.phase) {
        case Connection::Phase::online: return end(connection, "silent for one and a half heartbeats");
        case Connection::Phase::draining: return end(connection, "refused");
        case Connection::Phase::fresh:
        case Connection::Phase::asking_store: return end(connection, "no login in time");
    }
}

void DeviceEdge::end(Connection& connection, char const* reason) {
    auto const live = online_.find(connection.token);
    if (live != online_.end() && live->second == &connection) {
        online_.erase(live);
        events_.append("token " + std::to_string(connection.token.value), "device.offline", {{"reason", reason}});
    }
    connection.stream->close();
    connections_.erase(connection.number);
}

void DeviceEdge::rehome(TokenId token, Epoch epoch, OrganizationId place) {
    auto const live = online_.find(token);
    if (live == online_.end()) { return; }
    live->second->epoch = epoch;
    events_.append("token " + std::to_string(token.value), "device.rehomed",
                   {{"epoch", std::to_string(epoch)}, {"organization", std::to_string(place.value)}});
}

void DeviceEdge::kick(TokenId token, Epoch) {
    // What the former owner's device reported is nobody's to see any more.
    known_.erase(token);
    auto const live = online_.find(token);
    if (live == online_.end()) { return; }
    end(*live->second, "kicked");
}

bool DeviceEdge::is_online(TokenId token) const { return online_.contains(token); }

Metadata DeviceEdge::values(TokenId token, Epoch epoch) const {
    Metadata values;
    auto const found = known_.find(token);
    if (found == known_.end() || found->second.epoch != epoch) { return values; }
    for (auto const& entry : found->second.pins.all()) {
        values.emplace_back("V" + std::to_string(entry.pin), entry.value);
    }
    return values;
}

}  // namespace drydock
