#include "server/app/cloud.h"

#include "server/app/front_door.h"
#include "server/base/check.h"
#include "server/base/spawn.h"
#include "server/device/device_edge.h"
#include "server/http/bootstrap.h"
#include "server/http/open_metrics.h"
#include "server/store/faulty_store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>

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

    void rehome(TokenId token, Epoch epoch, OrganizationId place, Values values) override {
        devices_.rehome(token, epoch, place, values);
    }
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

std::vector<std::string_view> faulty_server_names() {
    std::vector<std::string_view> names;
    for (auto const& [faulty, name] : k_faulty_names) {
        if (faulty != FaultyServer::none) { names.push_back(name); }
    }
    return names;
}

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
          http(loop, store, vault, sessions, events, http_options()),
          door(loop, devices, http, options.door) {}

    HttpOptions http_options() {
        HttpOptions made = options.http;
        made.metrics = [this](OpenMetrics& page) { write_metrics(page); };
        return made;
    }
    void write_metrics(OpenMetrics& page) const;

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

void Cloud::Rooms::write_metrics(OpenMetrics& page) const {
    DeviceStats const device = devices.stats();
    page.gauge("drydock_devices_online", "Devices that are logged in.", static_cast<double>(device.online));
    page.gauge("drydock_device_connections", "Connections of devices, those before their login included.",
               static_cast<double>(device.connections));
    page.counters("drydock_logins", "Logins by their outcome.", "outcome",
                  {{"accepted", device.logins},
                   {"invalid_token", device.invalid},
                   {"later", device.later},
                   {"no_login", device.no_login}});
    page.counter("drydock_takeovers", "Sessions ended by a newer login with the same token.",
                 static_cast<double>(device.takeovers));
    DoorFigures const visits = door.figures();
    page.gauge("drydock_handshakes", "TLS handshakes going on.", static_cast<double>(visits.handshakes));
    page.gauge("drydock_handshakes_waiting", "Connections that wait for their handshake.",
               static_cast<double>(visits.waiting));
    page.counter("drydock_handshakes_refused", "Connections closed without their handshake: no room, or too late.",
                 static_cast<double>(visits.refused));
    page.counter("drydock_visits_unspoken", "Connections closed without a first byte that anybody here speaks.",
                 static_cast<double>(visits.unspoken));
    HttpFigures const requests = http.figures();
    page.counters("drydock_http_requests", "Requests by the class of their answer.", "status",
                  {{"1xx", requests.answers[0]},
                   {"2xx", requests.answers[1]},
                   {"3xx", requests.answers[2]},
                   {"4xx", requests.answers[3]},
                   {"5xx", requests.answers[4]}});
    page.gauge("drydock_http_connections", "Open HTTP connections.", static_cast<double>(requests.connections));
    StoreFigures const kept = store.figures();
    page.counter("drydock_store_transactions", "Group commits.", static_cast<double>(kept.transactions));
    page.counters("drydock_store_changes", "Changes by their outcome.", "outcome",
                  {{"durable", kept.changes}, {"refused", kept.refused}, {"failed", kept.failed}});
    page.counter("drydock_store_rows", "Rows written.", static_cast<double>(kept.rows));
    page.gauge("drydock_store_waiting", "Changes that wait for their commit.", static_cast<double>(kept.waiting));
    if (options.process_metrics) { options.process_metrics(page); }
}

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
    if (auto const taken = take_ports(); !taken) {
        boost::asio::post(rooms_->loop.executor, [taken, tell = std::move(then)] { tell(taken); });
        return;
    }
    auto open_then_tell = [this, tell = std::move(then)](result<void> made) {
        if (made) { open_doors(); }
        tell(made);
    };
    std::function<void(result<void>)> next(std::move(open_then_tell));
    spawn(rooms_->loop.executor, "cloud start",
          prepare(rooms_->loop, rooms_->store, rooms_->options.setup_password, rooms_->options.http.password_cost,
                  std::move(next)));
}

result<void> Cloud::take_ports() {
    auto plain = rooms_->network.listen(rooms_->options.plain);
    if (!plain) { return plain.error(); }
    rooms_->plain = std::move(*plain);
    if (rooms_->options.secure) {
        DRYDOCK_CHECK(rooms_->options.tls != nullptr);
        auto secure = rooms_->network.listen(*rooms_->options.secure);
        if (!secure) { return secure.error(); }
        rooms_->secure = std::move(*secure);
    }
    return {};
}

void Cloud::open_doors() {
    if (rooms_->secure) {
        rooms_->secure->start([rooms = rooms_.get()](StreamPtr stream, Arrival) {
            rooms->door.accept_tls(std::move(stream), rooms->options.tls);
        });
    }
    rooms_->plain->start([rooms = rooms_.get()](StreamPtr stream, Arrival arrival) {
        rooms->door.accept_plain(std::move(stream), arrival);
    });
}

void Cloud::drain(Duration patience, std::function<void()> then) {
    if (rooms_->plain) { rooms_->plain->close(); }
    if (rooms_->secure) { rooms_->secure->close(); }
    rooms_->door.close_all();
    rooms_->devices.close_all();
    Clock& clock = rooms_->loop.clock;
    auto const done = std::make_shared<std::function<void()>>(std::move(then));
    auto const late = clock.call_at(clock.now() + patience, [this, done] {
        rooms_->http.close_all();
        if (*done) { std::exchange(*done, nullptr)(); }
    });
    rooms_->http.drain([&clock, late, done] {
        clock.cancel(late);
        if (*done) { std::exchange(*done, nullptr)(); }
    });
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
