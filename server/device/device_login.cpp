// The login of a device: from its token to a live session or a refusal.
#include "server/base/check.h"
#include "server/device/connection.h"

#include <chrono>
#include <string>
#include <utility>

namespace drydock {

namespace {

using wire::Status;

constexpr auto k_drain = std::chrono::seconds(1);  // after a refusal, before the close
constexpr unsigned k_connect_tries_max = 5;
constexpr unsigned k_flash_takeovers = 5;                  // AUTH-10: duplicate flash …
constexpr auto k_flash_window = std::chrono::minutes(10);  // … within this

}  // namespace

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
    std::uint64_t const number = ++last_;
    asking_[number] = &connection;
    store_.commit(std::move(change), [edge = self_, number, digest, tries](result<Receipt> done) {
        if (*edge != nullptr) { (*edge)->on_committed(number, digest, tries, done); }
    });
}

void DeviceEdge::on_committed(std::uint64_t number, TokenDigest const& digest, unsigned tries,
                              result<Receipt> const& done) {
    auto const found = asking_.find(number);
    if (found == asking_.end()) { return; }
    Connection& connection = *found->second;
    asking_.erase(found);
    out_.clear();
    bool const may_try_again = done || done.error() == make_error_code(cloud_errc::conflict);
    if (may_try_again) {
        log_in(connection, digest, tries + 1);
    } else {
        refuse(connection, Status::server_exception);
    }
    if (connection.phase != Connection::Phase::asking_store) {
        send(connection);
        // What the device sent meanwhile was kept.
        if (connection.phase == Connection::Phase::online && connection.part) { take(connection, {}); }
    }
    bury();
}

void DeviceEdge::welcome(Connection& connection, LoginEntry const& entry) {
    auto const [live, is_alone] = online_.try_emplace(entry.id, &connection);
    if (!is_alone) { take_over(*std::exchange(live->second, &connection), entry.id); }
    connection.token = entry.id;
    connection.epoch = entry.epoch;
    connection.phase = Connection::Phase::online;
    ++stats_.logins;
    connection.session.accept(out_);
    connection.heard = loop_.clock.now();
    watch(connection);
    if (events_.is_heard()) {
        note(entry.id, "device.online",
             {{"epoch", std::to_string(entry.epoch)}, {"organization", std::to_string(entry.place.value)}});
    }
}

// E10: the newest login of a token wins; the older session closes without an answer.
void DeviceEdge::take_over(Connection& older, TokenId token) {
    DRYDOCK_CHECK(older.phase == Connection::Phase::online);
    ++stats_.takeovers;
    Known& known = known_[token];
    TimePoint const now = loop_.clock.now();
    if (known.takeovers == 0 || now - known.takeovers_since > k_flash_window) {
        known.takeovers = 0;
        known.takeovers_since = now;
    }
    if (++known.takeovers == k_flash_takeovers) { note(token, "device.duplicate_flash", {}); }
    // The newcomer's answers wait in out_; ending the older one must not lose them.
    end(older, "taken over by a newer login");
}

void DeviceEdge::refuse(Connection& connection, wire::Status status) {
    ++(status == Status::invalid_token ? stats_.invalid : stats_.later);
    connection.session.refuse(status, out_);
    connection.phase = Connection::Phase::draining;
    connection.part.reset();
    deadlines_.set(connection, loop_.clock.now() + k_drain);
}

}  // namespace drydock
