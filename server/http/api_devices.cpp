// Claims and devices: the customer's side.
#include "server/http/api.h"
#include "server/http/fields.h"
#include "server/http/problem.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace drydock {

namespace {

namespace json = boost::json;
using boost::asio::awaitable;

// CLAIM-12: inside the tenant tree of the origin organization, which includes itself.
result<Truth> is_in_tree(Api& api, OrganizationId organization, OrganizationId top) {
    auto const line = api.store.ancestry(organization);
    if (!line) { return line.error(); }
    bool const is_inside =
        std::any_of(line->begin(), line->end(), [top](Organization const& one) { return one.id == top; });
    return is_inside ? Truth::yes : Truth::no;
}

// The room of the claimer's organization is part of the same commit.
Extend device_room(Api& api, OrganizationId organization) {
    return [&api, organization](Token const&, Change& change) -> error_code {
        auto const found = api.store.organization(organization);
        if (!found) { return found.error(); }
        if (!*found) { return cloud_errc::not_found; }
        change.guards.push_back(OrganizationAlive{organization});
        change.guards.push_back(DeviceRoom{organization, limits_of((*found)->plan).devices});
        return {};
    };
}

awaitable<ApiResponse> refuse_claim(Call& call, error_code failure) {
    // Only refusals count, per user: a lawful scan is never locked out by others (SEC-05).
    if (failure == make_error_code(cloud_errc::cannot_be_claimed)) {
        call.api.claim_failures.count(std::to_string(call.caller.user.id.value));
    }
    co_return problem(failure);
}

awaitable<ApiResponse> claim(Call& call) {
    constexpr std::array<std::string_view, 1> members{"code"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    Api& api = call.api;
    auto const code = text_in(*body, "code", 256);
    auto const scanned = code ? parse_qr_text(*code) : std::nullopt;
    if (!scanned) { co_return problem(fail(cloud_errc::not_a_token_code)); }
    if (api.claim_failures.is_over(std::to_string(call.caller.user.id.value))) {
        co_return problem(fail(http_errc::too_many));
    }
    auto const found = api.store.token_by_qr(api.vault.digest(scanned->token));
    if (!found) { co_return problem(found.error()); }
    Claimer const claimer{call.caller.user.id, call.caller.subject.acting_in};
    // CLAIM-13: unknown, taken, deleted, held and foreign codes all get this one answer.
    bool is_ours = found->has_value() && (!scanned->organization || *scanned->organization == (*found)->origin.value);
    if (is_ours) {
        auto const inside = is_in_tree(api, claimer.organization, (*found)->origin);
        if (!inside) { co_return problem(inside.error()); }
        is_ours = *inside == Truth::yes;
    }
    if (!is_ours) {
        ApiResponse response = co_await refuse_claim(call, fail(cloud_errc::cannot_be_claimed));
        co_return response;
    }
    auto is_replay = std::make_shared<bool>(false);
    Decide decide = [claimer, is_replay](Token const& token) -> result<Decision> {
        auto decision = lifecycle::claim(token, claimer);
        *is_replay = decision && !decision->update;
        return decision;
    };
    Extend extend = device_room(api, claimer.organization);
    auto const claimed = co_await change_token(call, (*found)->id, "claimed", std::move(decide), std::move(extend));
    if (!claimed) {
        ApiResponse response = co_await refuse_claim(call, claimed.error());
        co_return response;
    }
    json::object out;
    out["outcome"] = *is_replay ? "already_yours" : "claimed";
    out["device"] = device_json(api, *claimed);
    co_return json_response(200, out);
}

awaitable<ApiResponse> list(Call& call) {
    auto const found = call.api.store.devices_of(call.caller.subject.acting_in, Page{0, 1000});
    if (!found) { co_return problem(found.error()); }
    json::array content;
    for (Token const& token : found->items) {
        auto const object = object_of(call.api, call.caller, token);
        if (!object) { co_return problem(object.error()); }
        if (!refusal(call.caller, Verb::see_device, *object)) { content.push_back(device_json(call.api, token)); }
    }
    json::object out;
    out["total"] = content.size();
    out["content"] = std::move(content);
    co_return json_response(200, out);
}

// There is a device while somebody holds it.
bool has_device(Token const& token) { return token.holder.valid() && is_live(token.state); }

awaitable<ApiResponse> show(Call& call) {
    auto const found = call.api.store.token(TokenId{call.id()});
    if (!found) { co_return problem(found.error()); }
    if (!*found || !has_device(**found)) { co_return problem(fail(cloud_errc::not_found)); }
    auto const object = object_of(call.api, call.caller, **found);
    if (!object) { co_return problem(object.error()); }
    if (auto const refused = refusal(call.caller, Verb::see_device, *object)) { co_return problem(refused); }
    co_return json_response(200, device_json(call.api, **found));
}

awaitable<ApiResponse> rename(Call& call) {
    constexpr std::array<std::string_view, 1> members{"name"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    auto const name = text_in(*body, "name", 60);
    if (!name) { co_return problem(fail(cloud_errc::invalid)); }
    Decide decide = [&call, name = *name](Token const& token) -> result<Decision> {
        if (!has_device(token)) { return fail(cloud_errc::not_found); }
        auto const object = object_of(call.api, call.caller, token);
        if (!object) { return object.error(); }
        if (auto const refused = refusal(call.caller, Verb::rename_device, *object)) { return refused; }
        return lifecycle::rename(token, name);
    };
    auto const renamed = co_await change_token(call, TokenId{call.id()}, "renamed", std::move(decide), nullptr);
    if (!renamed) { co_return problem(renamed.error()); }
    co_return json_response(200, device_json(call.api, *renamed));
}

// The owner side releases (E18); the origin organization clears an unclaimed unit (E24).
awaitable<ApiResponse> remove(Call& call) {
    Decide decide = [&call](Token const& token) -> result<Decision> {
        if (!has_device(token)) { return fail(cloud_errc::not_found); }
        auto const object = object_of(call.api, call.caller, token);
        if (!object) { return object.error(); }
        bool const claimed = is_claimed(token.state);
        if (auto const refused = refusal(call.caller, claimed ? Verb::release : Verb::clear_device, *object)) {
            return refused;
        }
        return claimed ? lifecycle::release(token) : lifecycle::clear_device(token);
    };
    auto const released = co_await change_token(call, TokenId{call.id()}, "released", std::move(decide), nullptr);
    if (!released) { co_return problem(released.error()); }
    ApiResponse response;
    response.status = 204;
    co_return response;
}

awaitable<ApiResponse> transfer(Call& call) {
    constexpr std::array<std::string_view, 1> members{"user"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    Api& api = call.api;
    auto const target_id = number_in(*body, "user");
    if (!target_id) { co_return problem(fail(cloud_errc::invalid)); }
    auto const target = api.store.user(UserId{*target_id});
    if (!target) { co_return problem(target.error()); }
    auto receiver = std::make_shared<std::optional<User>>(*target);
    Decide decide = [&call, receiver](Token const& token) -> result<Decision> {
        if (!has_device(token)) { return fail(cloud_errc::not_found); }
        auto const object = object_of(call.api, call.caller, token);
        if (!object) { return object.error(); }
        if (auto const refused = refusal(call.caller, Verb::transfer, *object)) { return refused; }
        // XFER-03: an active account in the same tree; who that is stays untold otherwise.
        if (!*receiver || !(*receiver)->is_active) { return fail(cloud_errc::target_not_active); }
        auto const inside = is_in_tree(call.api, (*receiver)->organization, token.origin);
        if (!inside) { return inside.error(); }
        if (*inside == Truth::no) { return fail(cloud_errc::target_not_active); }
        return lifecycle::transfer(token, Claimer{(*receiver)->id, (*receiver)->organization});
    };
    Extend extend;
    if (*receiver) {
        extend = [&api, receiver](Token const& token, Change& change) -> error_code {
            User const& to = **receiver;
            change.guards.push_back(UserUnchanged{to.id, to.rights_version});
            if (to.organization == token.holder) { return {}; }
            return device_room(api, to.organization)(token, change);
        };
    }
    auto const moved =
        co_await change_token(call, TokenId{call.id()}, "transferred", std::move(decide), std::move(extend));
    if (!moved) { co_return problem(moved.error()); }
    co_return json_response(200, device_json(api, *moved));
}

}  // namespace

std::vector<Route> device_routes() {
    return {
        {"POST", "/claims", Verb::claim, true, &claim, "Claim the device whose code was scanned"},
        {"GET", "/devices", Verb::see_device, true, &list, "The devices of the organization acted in"},
        {"GET", "/devices/{device}", Verb::see_device, true, &show, "One device"},
        {"PATCH", "/devices/{device}", Verb::rename_device, true, &rename, "Name it"},
        {"DELETE", "/devices/{device}", Verb::release, true, &remove, "Delete it from the account"},
        {"POST", "/devices/{device}/transfer", Verb::transfer, true, &transfer, "Give it to another user"},
    };
}

}  // namespace drydock
