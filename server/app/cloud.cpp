#include "server/app/cloud.h"

#include "server/app/front_door.h"
#include "server/base/check.h"
#include "server/base/spawn.h"
#include "server/device/device_edge.h"
#include "server/http/bootstrap.h"
#include "server/store/faulty_store.h"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <utility>

namespace drydock {

namespace {

constexpr std::array<std::pair<FaultyServer, std::string_view>, 5> k_faulty_names{{
    {FaultyServer::none, "none"},
    {FaultyServer::claim_without_condition, "claim-without-condition"},
    {FaultyServer::delete_keeps_session, "delete-keeps-session"},
    {FaultyServer::invalid_token_while_down, "invalid-token-while-down"},
    {FaultyServer::crash_on_claim, "crash-on-claim"},
}};

StoreFault store_fault(FaultyServer faulty) {
    switch (faulty) {
        case FaultyServer::claim_without_condition: return StoreFault::claims_without_condition;
        case FaultyServer::invalid_token_while_down: return StoreFault::lies_when_down;
        case FaultyServer::crash_on_claim: return StoreFault::aborts_on_claim;
        default: return StoreFault::none;
    }
}

// The sessions as the HTTP server sees them. The faulty form forgets to close what was deleted.
class Sessions final : public LiveSessions {
public:
    Sessions(DeviceEdge& devices, Store& store, FaultyServer faulty)
        : devices_(devices), store_(store), faulty_(faulty) {}

    void rehome(TokenId token, Epoch epoch, OrganizationId place) override { devices_.rehome(token, epoch, place); }
    void kick(TokenId token, Epoch epoch) override {
        if (faulty_ == FaultyServer::delete_keeps_session && is_deleted(token)) { return; }
        devices_.kick(token, epoch);
    }
    [[nodiscard]] bool is_online(TokenId token) const override { return devices_.is_online(token); }
    [[nodiscard]] Metadata values(TokenId token, Epoch epoch) const override { return devices_.values(token, epoch); }

private:
    [[nodiscard]] bool is_deleted(TokenId token) {
        auto const found = store_.token(token);
        return found && *found && (*found)->state == TokenState::deleted;
    }

    DeviceEdge& devices_;
    Store& store_;
    FaultyServer faulty_;
};

}  // namespace

std::optional<FaultyServer> faulty_server_from(std::string_view name) {
    for (auto const& [faulty, text] : k_faulty_names) {
        if (text == name) { return faulty; }
    }
    return std::nullopt;
}

std::string_view to_text(FaultyServer faulty) {
    for (auto const& [candidate, text] : k_faulty_names) {
        if (candidate == faulty) { return text; }
    }
    DRYDOCK_UNREACHABLE();
}

struct Cloud::Rooms {
    Rooms(Loop& its_loop, Network& its_network, Store& inner, Vault const& vault, EventLog& events,
          CloudOptions its_options)
        : loop(its_loop),
          network(its_network),
          options(std::move(its_options)),
          store(inner, store_fault(options.faulty), loop),
          devices(loop, store, vault, events),
          sessions(devices, store, options.faulty),
          http(loop, store, vault, sessions, events, options.http),
          door(loop, devices, http) {}

    Loop& loop;
    Network& network;
    CloudOptions options;
    FaultyStore store;
    DeviceEdge devices;
    Sessions sessions;
    HttpServer http;
    FrontDoor door;
    std::unique_ptr<Listener> plain;
    std::unique_ptr<Listener> secure;
};

namespace {

boost::asio::awaitable<void> prepare(Loop& loop, Store& store, Secret password, PasswordCost cost,
                                     std::function<void(result<void>)> then) {
    auto const made = co_await ensure_root(loop, store, std::move(password), cost);
    then(made);
}

}  // namespace

Cloud::Cloud(Loop& loop, Network& network, Store& store, Vault const& vault, EventLog& events, CloudOptions options)
    : rooms_(std::make_unique<Rooms>(loop, network, store, vault, events, std::move(options))) {}

Cloud::~Cloud() = default;

void Cloud::start(std::function<void(result<void>)> then) {
    auto open_then_tell = [this, tell = std::move(then)](result<void> made) { tell(made ? open_doors() : made); };
    std::function<void(result<void>)> next(std::move(open_then_tell));
    spawn(rooms_->loop.executor, "cloud start",
          prepare(rooms_->loop, rooms_->store, rooms_->options.setup_password, rooms_->options.http.password_cost,
                  std::move(next)));
}

result<void> Cloud::open_doors() {
    auto plain = rooms_->network.listen(rooms_->options.plain);
    if (!plain) { return plain.error(); }
    rooms_->plain = std::move(*plain);
    if (rooms_->options.secure) {
        DRYDOCK_CHECK(rooms_->options.tls != nullptr);
        auto secure = rooms_->network.listen(*rooms_->options.secure);
        if (!secure) { return secure.error(); }
        rooms_->secure = std::move(*secure);
        rooms_->secure->start([rooms = rooms_.get()](StreamPtr stream) {
            rooms->door.accept_tls(std::move(stream), rooms->options.tls);
        });
    }
    rooms_->plain->start([rooms = rooms_.get()](StreamPtr stream) { rooms->door.accept_plain(std::move(stream)); });
    return {};
}

void Cloud::stop() {
    if (rooms_->plain) { rooms_->plain->close(); }
    if (rooms_->secure) { rooms_->secure->close(); }
    rooms_->door.close_all();
    rooms_->http.close_all();
    rooms_->devices.close_all();
}

Address Cloud::plain() const { return rooms_->plain->address(); }

std::optional<Address> Cloud::secure() const {
    if (!rooms_->secure) { return std::nullopt; }
    return rooms_->secure->address();
}

void Cloud::set_store_down(bool is_down) { rooms_->store.set_down(is_down); }

std::size_t Cloud::online_devices() const { return rooms_->devices.stats().online; }

}  // namespace drydock
