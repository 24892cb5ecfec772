#include "rig/load/cloud_operator.h"

#include "rig/load/api_answers.h"
#include "rig/load/call_batch.h"
#include "server/base/spawn.h"
#include "sim/phone/person.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace drydock::rig {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::awaitable;

constexpr std::size_t k_maker_hands = 8;
constexpr std::size_t k_sign_in_hands = 32;
constexpr std::uint64_t k_mint_batch = 10'000;

// Ordinary function: no capturing lambda inside a coroutine (g++ 12).
auto async_pick(FleetPort& fleet, load::Wanted wanted, std::uint64_t count) {
    auto start = [&fleet, wanted, count](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        fleet.pick(wanted, count, [shared](std::vector<std::uint64_t> picked) {
            (*shared)(std::make_shared<std::vector<std::uint64_t>>(std::move(picked)));
        });
    };
    return asio::async_initiate<asio::use_awaitable_t<> const, void(std::shared_ptr<std::vector<std::uint64_t>>)>(
        start, asio::use_awaitable);
}

bool is_status(Result const& answer, unsigned status) { return answer && answer->status == status; }

std::uint64_t number_at(json::value const& value, std::string_view name) {
    auto const* member = value.is_object() ? value.as_object().if_contains(name) : nullptr;
    error_code ignored;
    return member == nullptr ? 0 : member->to_number<std::uint64_t>(ignored);
}

}  // namespace

struct CloudOperator::State : std::enable_shared_from_this<CloudOperator::State> {
    State(Loop& its_loop, Dialer& its_dialer, Target its_target, Stock& its_stock, FleetPort& its_fleet,
          ServerPort* its_server)
        : loop(its_loop),
          dialer(its_dialer),
          target(std::move(its_target)),
          stock(its_stock),
          fleet(its_fleet),
          server(its_server) {}

    // Somebody with a session, who signs in again when the server forgot it.
    struct Account {
        std::string email;
        std::unique_ptr<Person> person;
        bool is_signed_in = false;
    };

    Loop& loop;
    Dialer& dialer;
    Target target;
    Stock& stock;
    FleetPort& fleet;
    ServerPort* server;
    std::map<std::size_t, Account> customers;
    bool is_bursting = false;
    bool is_over = false;

    std::unique_ptr<Person> person() const {
        return std::make_unique<Person>(loop, dialer, target.address, target.tls, target.tls_host);
    }
    Account& customer(std::size_t number) {
        Account& account = customers[number];
        if (!account.person) {
            account.email = stock.customers.at(number).email;
            account.person = person();
        }
        return account;
    }
    // Each hand has a connection and a session of its own: a connection has one call at a time.
    Account maker() const { return {stock.maker, person(), false}; }

    awaitable<Result> call(Account& account, std::string method, std::string path, json::value body) {
        if (!account.is_signed_in) {
            auto const signed_in = co_await account.person->sign_in(account.email, stock.password.reveal());
            if (!is_status(signed_in, 201)) { co_return signed_in; }
            account.is_signed_in = true;
        }
        auto answer = co_await account.person->call(method, path, body);
        if (is_status(answer, 401)) {
            account.is_signed_in = false;
            auto const again = co_await account.person->sign_in(account.email, stock.password.reveal());
            if (!is_status(again, 201)) { co_return again; }
            account.is_signed_in = true;
            answer = co_await account.person->call(method, path, body);
        }
        co_return answer;
    }

    // --- signing in beforehand
    awaitable<void> sign_in(BatchPtr batch) {
        auto const self = shared_from_this();
        while (batch->next < batch->devices.size()) {
            Account& account = customer(batch->devices[batch->next++]);
            auto const answer = co_await account.person->sign_in(account.email, stock.password.reveal());
            account.is_signed_in = is_status(answer, 201);
            if (!account.is_signed_in) { ++batch->failures[words_of(answer)]; }
        }
        batch->hand_ends();
    }

    // --- customers
    // Each customer claims his share of the devices, one after the other; all begin at one instant.
    awaitable<void> claim(BatchPtr batch, std::size_t number, std::size_t users) {
        auto const self = shared_from_this();
        Account& account = customer(number);
        for (std::size_t i = number; i < batch->devices.size(); i += users) {
            std::uint64_t const device = batch->devices[i];
            StockItem& item = stock.items.at(device);
            json::value const body{{"code", std::string_view(item.qr.data(), item.qr.size())}};
            auto const answer = co_await call(account, "POST", "/api/v1/claims", body);
            // All were meant to begin at one instant: waiting for his turn is part of a customer's time.
            Duration const took = loop.clock.now() - batch->began;
            if (!is_status(answer, 200)) {
                ++batch->failures[words_of(answer)];
                fleet.claim_failed(device);
                continue;
            }
            item.owner = static_cast<std::uint32_t>(number);
            batch->claimed.push_back({device, number, took});
        }
        if (--batch->hands == 0) { look_all_up(batch); }
    }

    void give_back(Batch& batch, std::uint64_t device, std::string const& why) {
        ++batch.failures[why];
        fleet.release({device});
    }

    // After the last claim, so that looking at one is not what another waits for.
    void look_all_up(BatchPtr const& batch) {
        batch->hands = std::max<std::size_t>(1, std::min(k_sign_in_hands, batch->claimed.size()));
        for (std::size_t i = 0, hands = batch->hands; i < hands; ++i) { go("customer", look_up(batch)); }
    }

    awaitable<void> look_up(BatchPtr batch) {
        auto const self = shared_from_this();
        while (batch->next < batch->claimed.size()) {
            Batch::Claimed const one = batch->claimed[batch->next++];
            // An account of this hand's own: one customer may have claimed several.
            Account account{stock.customers.at(one.customer).email, person(), false};
            std::string path = "/api/v1/devices/" + std::to_string(stock.items.at(one.device).id);
            auto const seen = co_await call(account, "GET", std::move(path), nullptr);
            bool const is_seen = is_status(seen, 200);
            if (!is_seen) { ++batch->failures["looking one up: " + words_of(seen)]; }
            // 404 and 403 say that it is somewhere else; a server that is away says nothing.
            std::uint64_t const organization = stock.customers.at(one.customer).organization;
            bool const is_elsewhere = is_seen ? number_at(seen->json, "organization") != organization
                                              : is_status(seen, 404) || is_status(seen, 403);
            fleet.was_claimed(one.device, one.took, !is_elsewhere);
        }
        batch->hand_ends();
    }

    awaitable<void> release(BatchPtr batch) {
        auto const self = shared_from_this();
        while (batch->next < batch->devices.size()) {
            std::uint64_t const device = batch->devices[batch->next++];
            StockItem& item = stock.items.at(device);
            if (item.owner == k_no_customer) {
                give_back(*batch, device, "nobody owns it");
                continue;
            }
            // An account of this hand's own: another hand may be calling as the same owner.
            Account owner{stock.customers.at(item.owner).email, person(), false};
            std::string path = "/api/v1/devices/" + std::to_string(item.id);
            auto const answer = co_await call(owner, "DELETE", std::move(path), nullptr);
            if (!is_status(answer, 204)) {
                give_back(*batch, device, words_of(answer));
                continue;
            }
            item.owner = k_no_customer;
            fleet.was_unclaimed(device);
        }
        batch->hand_ends();
    }

    // --- the maker
    awaitable<void> disclaim(BatchPtr batch) {
        auto const self = shared_from_this();
        Account hand = maker();
        while (batch->next < batch->devices.size()) {
            std::uint64_t const device = batch->devices[batch->next++];
            StockItem& item = stock.items.at(device);
            std::string path = "/api/v1/tokens/" + std::to_string(item.id) + "/disclaim";
            auto const answer = co_await call(hand, "POST", std::move(path), nullptr);
            if (!is_status(answer, 200)) {
                give_back(*batch, device, words_of(answer));
                continue;
            }
            item.owner = k_no_customer;
            fleet.was_unclaimed(device);
        }
        batch->hand_ends();
    }

    awaitable<void> remove(BatchPtr batch) {
        auto const self = shared_from_this();
        Account hand = maker();
        while (batch->next < batch->devices.size()) {
            std::uint64_t const device = batch->devices[batch->next++];
            StockItem const& item = stock.items.at(device);
            json::value const body{{"confirm", std::string_view(item.printed.data(), item.printed.size())},
                                   {"claimed_included", true}};
            std::string path = "/api/v1/tokens/" + std::to_string(item.id);
            auto const answer = co_await call(hand, "DELETE", std::move(path), body);
            if (is_status(answer, 204)) {
                fleet.was_deleted(device, loop.clock.now());
            } else {
                ++batch->failures[words_of(answer)];
            }
        }
        batch->hand_ends();
    }

    awaitable<void> mint(std::uint64_t count, Done then) {
        auto const self = shared_from_this();
        Account account = maker();
        for (std::uint64_t minted = 0; minted < count;) {
            std::uint64_t const now = std::min(k_mint_batch, count - minted);
            json::value const order{{"template", stock.model}, {"count", now}, {"name", "load run"}};
            auto const made = co_await call(account, "POST", "/api/v1/tokens", order);
            if (!is_status(made, 201)) {
                co_return then(fmt::format("{} of {} tokens were minted: {}", minted, count, words_of(made)));
            }
            minted += now;
        }
        then({});
    }

    // --- devices first, then everybody at once
    awaitable<void> with_devices(load::Happening what, Done then) {
        auto const self = shared_from_this();
        bool const is_claiming = what.kind == load::Happening::Kind::claim_burst;
        bool const is_deleting = what.kind == load::Happening::Kind::delete_token;
        auto wanted = is_claiming ? load::Wanted::online_unclaimed : load::Wanted::online_claimed;
        if (is_deleting) { wanted = load::Wanted::online; }
        auto const picked = co_await async_pick(fleet, wanted, what.count);
        if (is_over) { co_return; }
        auto const batch = std::make_shared<Batch>();
        batch->devices = std::move(*picked);
        batch->wanted = what.count;
        batch->began = loop.clock.now();
        batch->then = std::move(then);
        if (batch->devices.empty()) { co_return batch->then(batch->sentence()); }
        begin(what, batch);
    }

    void begin(load::Happening const& what, BatchPtr const& batch) {
        using Kind = load::Happening::Kind;
        std::size_t const devices = batch->devices.size();
        if (what.kind == Kind::claim_burst) {
            batch->what = "claims";
            if (std::exchange(is_bursting, true)) {
                fleet.release(batch->devices);
                return batch->then("not done: the burst before it still runs");
            }
            std::size_t const users = std::min({std::max<std::size_t>(what.users, 1), stock.customers.size(), devices});
            batch->hands = users;
            batch->then = [self = shared_from_this(), then = std::move(batch->then)](std::string sentence) {
                self->is_bursting = false;
                then(std::move(sentence));
            };
            for (std::size_t i = 0; i < users; ++i) { go("customer", claim(batch, i, users)); }
            return;
        }
        batch->hands = std::min(k_maker_hands, devices);
        for (std::size_t i = 0, hands = batch->hands; i < hands; ++i) {
            if (what.kind == Kind::release) {
                batch->what = "releases";
                go("owner", release(batch));
            } else if (what.kind == Kind::disclaim) {
                batch->what = "disclaims";
                go("maker", disclaim(batch));
            } else {
                batch->what = "deletions";
                go("maker", remove(batch));
            }
        }
    }

    void go(char const* name, awaitable<void> coroutine) { spawn(loop.executor, name, std::move(coroutine)); }

    // The fleet hears of it first: what it loses then is no failure of the cloud.
    void while_away(std::function<void()> act) {
        fleet.server_is_away(true, [self = shared_from_this(), act = std::move(act)] {
            if (!self->is_over) { act(); }
        });
    }

    void restart(ServerPort::End end, Done const& then) {
        server->restart(end);
        for (auto& [number, account] : customers) { account.is_signed_in = false; }
        fleet.server_is_away(false, [] {});
        then({});
    }

    void fail_store(Duration lasts, Done then) {
        server->set_store_down(true);
        loop.clock.call_at(loop.clock.now() + lasts, [self = shared_from_this(), then = std::move(then)] {
            if (self->is_over) { return; }
            self->server->set_store_down(false);
            self->fleet.server_is_away(false, [] {});
            then({});
        });
    }
};

CloudOperator::CloudOperator(Loop& loop, Dialer& dialer, Target target, Stock& stock, FleetPort& fleet,
                             ServerPort* server)
    : state_(std::make_shared<State>(loop, dialer, std::move(target), stock, fleet, server)) {}

CloudOperator::~CloudOperator() { state_->is_over = true; }

void CloudOperator::prepare(load::LoadPlan const& plan, Done then) {
    std::uint64_t users = 0;
    for (load::Happening const& one : plan.happenings) {
        if (one.kind == load::Happening::Kind::claim_burst) { users = std::max(users, one.users); }
    }
    auto const batch = std::make_shared<Batch>();
    batch->what = "sign-ins of customers";
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(users, state_->stock.customers.size()); ++i) {
        batch->devices.push_back(i);
    }
    batch->wanted = batch->devices.size();
    batch->then = std::move(then);
    batch->hands = std::max<std::size_t>(1, std::min(k_sign_in_hands, batch->devices.size()));
    for (std::size_t i = 0, hands = batch->hands; i < hands; ++i) { state_->go("customer", state_->sign_in(batch)); }
}

void CloudOperator::perform(load::Happening const& what, Done then) {
    using Kind = load::Happening::Kind;
    if (is_of_the_server(what.kind) && state_->server == nullptr) {
        return then("not done: the server is not the rig's own");
    }
    switch (what.kind) {
        case Kind::server_kill:
        case Kind::server_stop: {
            auto const end = what.kind == Kind::server_kill ? ServerPort::End::killed : ServerPort::End::stopped;
            return state_->while_away(
                [state = state_.get(), end, then = std::move(then)] { state->restart(end, then); });
        }
        case Kind::store_down:
            return state_->while_away(
                [state = state_.get(), lasts = what.lasts, then = std::move(then)] { state->fail_store(lasts, then); });
        case Kind::mint: return state_->go("maker", state_->mint(what.count, std::move(then)));
        case Kind::claim_burst:
        case Kind::release:
        case Kind::disclaim:
        case Kind::delete_token: return state_->go("operator", state_->with_devices(what, std::move(then)));
        case Kind::cell_outage:
        case Kind::power_cut:
        case Kind::half_open: return then({});
    }
}

bool is_of_the_fleet(load::Happening::Kind kind) { return kind < load::Happening::Kind::server_kill; }

bool is_of_the_server(load::Happening::Kind kind) {
    using Kind = load::Happening::Kind;
    return kind == Kind::server_kill || kind == Kind::server_stop || kind == Kind::store_down;
}

}  // namespace drydock::rig
