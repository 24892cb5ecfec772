#include "server/http/bootstrap.h"

#include "server/http/commit.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace drydock {

namespace {

auto async_commit(Store& store, Change change) {
    auto start = [&store, change = std::move(change)](auto handler) mutable {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        store.commit(std::move(change), [shared](result<Receipt> outcome) {
            (*shared)(std::make_shared<result<Receipt>>(std::move(outcome)));
        });
    };
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void(std::shared_ptr<result<Receipt>>)>(
        start, boost::asio::use_awaitable);
}

}  // namespace

boost::asio::awaitable<result<Receipt>> committed(Store& store, Change change) {
    auto const outcome = co_await async_commit(store, std::move(change));
    co_return std::move(*outcome);
}

boost::asio::awaitable<result<void>> ensure_root(Loop& loop, Store& store, Secret setup_password, PasswordCost cost) {
    auto const known = store.organization(k_root_organization);
    if (!known) { co_return known.error(); }
    if (*known) { co_return result<void>(); }
    auto const hash = co_await hash_password(loop, std::move(setup_password), cost);
    if (!hash) { co_return hash.error(); }
    Change change;
    change.writes.push_back(NewOrganization{OrganizationId{}, "Drydock", Plan::business});
    change.writes.push_back(NewUser{k_root_organization, "admin@localhost", "Administrator", Role::admin, *hash});
    auto const made = co_await committed(store, std::move(change));
    if (!made) { co_return made.error(); }
    co_return result<void>();
}

}  // namespace drydock
