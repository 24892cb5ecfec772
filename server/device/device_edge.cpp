#include "server/base/check.h"
#include "server/device/connection.h"

#include <chrono>
#include <string>
#include <utility>

namespace drydock {

namespace {

constexpr std::size_t k_chunk_bytes = 64 * 1024;
// The longest frame without its last byte, and one more read.
constexpr std::size_t k_part_bytes_max = wire::k_header_bytes + wire::k_body_bytes + k_chunk_bytes;
constexpr std::size_t k_out_bytes_max = 64 * 1024;  // a slow reader beyond this is closed
constexpr auto k_login_deadline = std::chrono::seconds(10);

}  // namespace

DeviceEdge::DeviceEdge(Loop& loop, Store& store, Vault const& vault, EventLog& events)
    : loop_(loop),
      store_(store),
      vault_(vault),
      events_(events),
      deadlines_(loop.clock),
      chunk_(k_chunk_bytes),
      self_(std::make_shared<DeviceEdge*>(this)) {}

DeviceEdge::~DeviceEdge() {
    *self_ = nullptr;
    close_all();
}

DeviceStats DeviceEdge::stats() const {
    DeviceStats stats = stats_;
    stats.online = online_.size();
    stats.connections = connections_;
    return stats;
}

void DeviceEdge::accept(StreamPtr stream, BytesView first_bytes) {
    auto* const connection = new Connection(*this, std::move(stream));
    connection->after = living_;
    if (living_ != nullptr) { living_->before = connection; }
    living_ = connection;
    ++connections_;
    take(*connection, first_bytes);
    using Phase = Connection::Phase;
    // Most have brought their login and are watched by their heartbeat already.
    if (connection->phase == Phase::fresh || connection->phase == Phase::asking_store) {
        deadlines_.set(*connection, loop_.clock.now() + k_login_deadline);
    }
    listen_to(*connection);
    bury();
}

void DeviceEdge::close_all() {
    online_.clear();
    asking_.clear();
    ended_.clear();
    while (living_ != nullptr) {
        std::unique_ptr<Connection> const last(living_);
        living_ = last->after;
    }
    connections_ = 0;
}

void DeviceEdge::listen_to(Connection& connection) {
    if (connection.phase == Connection::Phase::ended) { return; }
    connection.stream->wait_readable(on_ready<&Connection::on_readable>(connection));
}

void DeviceEdge::on_readable(Connection& connection) {
    auto const got = connection.stream->read_some(chunk_);
    if (got) {
        take(connection, BytesView(chunk_).first(*got));
    } else if (!is_would_block(got.error())) {
        end(connection, "closed by device");
    }
    listen_to(connection);
    bury();
}

void DeviceEdge::take(Connection& connection, BytesView bytes) {
    using Phase = Connection::Phase;
    if (connection.phase == Phase::draining) { return; }
    if (connection.phase != Phase::asking_store && !connection.part) {
        std::size_t const used = take_frames(connection, bytes);
        if (used < bytes.size() && connection.phase != Phase::draining && connection.phase != Phase::ended) {
            BytesView const rest = bytes.subspan(used);
            connection.part = std::make_unique<Bytes>(rest.begin(), rest.end());
        }
        return send(connection);
    }
    if (!connection.part) { connection.part = std::make_unique<Bytes>(); }
    Bytes& part = *connection.part;
    if (part.size() + bytes.size() > k_part_bytes_max) { return end(connection, "too much before the answer"); }
    part.insert(part.end(), bytes.begin(), bytes.end());
    if (connection.phase == Phase::asking_store) { return; }
    auto const owned = std::move(connection.part);
    std::size_t const used = take_frames(connection, *owned);
    if (used < owned->size() && connection.phase != Phase::ended && connection.phase != Phase::draining) {
        connection.part = std::make_unique<Bytes>(owned->begin() + static_cast<std::ptrdiff_t>(used), owned->end());
    }
    send(connection);
}

std::size_t DeviceEdge::take_frames(Connection& connection, BytesView bytes) {
    using Phase = Connection::Phase;
    out_.clear();
    std::size_t used = 0;
    Duration const patience = connection.session.silence_max();
    bool const was_online = connection.phase == Phase::online;
    while (used < bytes.size()) {
        auto const step = wire::decode(bytes.subspan(used), connection.session.body_bytes_max());
        if (step.kind == wire::Decoded::Kind::need_more) { break; }
        if (step.kind == wire::Decoded::Kind::too_long) {
            end(connection, "frame too long");
            return used;
        }
        used += step.consumed;
        PinValues* const values = pins(connection, step.frame.command);
        auto const action = connection.session.on_frame(step.frame, loop_.clock, values, out_);
        if (action == DeviceSession::Action::close) {
            end(connection, "broke the protocol");
            return used;
        }
        if (action == DeviceSession::Action::authenticate) { authenticate(connection); }
        if (connection.phase == Phase::draining) { return bytes.size(); }
        if (connection.phase == Phase::asking_store || connection.phase == Phase::ended) { return used; }
    }
    if (connection.phase == Phase::online && used > 0) {
        if (was_online) { connection.heard = loop_.clock.now(); }  // else its login was heard just now
        // A deadline that comes too early only looks again: moving it with every frame costs more.
        if (connection.session.silence_max() < patience) { watch(connection); }
    }
    return used;
}

void DeviceEdge::watch(Connection& connection) {
    deadlines_.set(connection, connection.heard + connection.session.silence_max());
}

// Where a report goes and a sync comes from; nothing for frames that need none.
PinValues* DeviceEdge::pins(Connection const& connection, wire::Command command) {
    if (command != wire::Command::hardware && command != wire::Command::hardware_sync) { return nullptr; }
    if (connection.phase != Connection::Phase::online) { return nullptr; }
    Known& known = known_[connection.token];
    if (known.epoch != connection.epoch) {
        known.epoch = connection.epoch;
        known.pins.clear();
    }
    return &known.pins;
}

void DeviceEdge::send(Connection& connection) {
    if (connection.phase == Connection::Phase::ended) { return; }
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
        return connection.stream->wait_writable(on_ready<&Connection::on_writable>(connection));
    }
    // After a refusal: said, half-closed, drained for a second, closed. A close with unread input
    // would become a reset that can eat the answer.
    if (connection.phase == Connection::Phase::draining) { connection.stream->shutdown_send(); }
}

void DeviceEdge::on_writable(Connection& connection) {
    auto const owned = std::move(connection.stuck);
    out_.swap(*owned);
    send(connection);
    bury();
}

void DeviceEdge::on_deadline(Connection& connection) {
    switch (connection.phase) {
        case Connection::Phase::online:
            if (loop_.clock.now() < connection.heard + connection.session.silence_max()) { return watch(connection); }
            end(connection, "silent for one and a half heartbeats");
            break;
        case Connection::Phase::draining: end(connection, "refused"); break;
        case Connection::Phase::fresh:
        case Connection::Phase::asking_store: end(connection, "no login in time"); break;
        case Connection::Phase::ended: break;
    }
    bury();
}

void DeviceEdge::end(Connection& connection, char const* reason) {
    if (connection.phase == Connection::Phase::ended) { return; }
    if (connection.phase == Connection::Phase::online) {
        auto const live = online_.find(connection.token);
        if (live != online_.end() && live->second == &connection) { online_.erase(live); }
        if (events_.is_heard()) { note(connection.token, "device.offline", {{"reason", reason}}); }
    }
    if (connection.phase == Connection::Phase::fresh || connection.phase == Connection::Phase::asking_store) {
        ++stats_.no_login;
    }
    if (connection.phase == Connection::Phase::asking_store) {
        std::erase_if(asking_, [&](auto const& one) { return one.second == &connection; });
    }
    connection.phase = Connection::Phase::ended;
    connection.stream->close();
    (connection.before != nullptr ? connection.before->after : living_) = connection.after;
    if (connection.after != nullptr) { connection.after->before = connection.before; }
    --connections_;
    ended_.emplace_back(&connection);
}

void DeviceEdge::bury() { ended_.clear(); }

void DeviceEdge::note(TokenId token, char const* what, Fields fields) {
    events_.append("token " + std::to_string(token.value), what, std::move(fields));
}

void DeviceEdge::rehome(TokenId token, Epoch epoch, OrganizationId place, Values values) {
    if (auto const known = known_.find(token); known != known_.end()) {
        if (values == Values::sealed) { known->second.pins.clear(); }
        known->second.epoch = epoch;
    }
    auto const live = online_.find(token);
    if (live == online_.end()) { return; }
    live->second->epoch = epoch;
    if (!events_.is_heard()) { return; }
    note(token, "device.rehomed", {{"epoch", std::to_string(epoch)}, {"organization", std::to_string(place.value)}});
}

void DeviceEdge::kick(TokenId token, Epoch) {
    // What the former owner's device reported is nobody's to see any more.
    known_.erase(token);
    auto const live = online_.find(token);
    if (live == online_.end()) { return; }
    end(*live->second, "kicked");
    bury();
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
