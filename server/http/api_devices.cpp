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

constexpr std::string_view k_claimed = "claimed";  // the verb of a claim in the history

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
    Extend extend = [room = device_room(api, claimer.organization), code = api.vault.digest(scanned->token)](
                        Token const& token, Change& change) -> error_code {
        // A code that was re-issued since it was looked up claims nothing any more.
        change.guards.push_back(QrUnchanged{token.id, code});
        return room(token, change);
    };
    auto const claimed =
        co_await change_token(call, (*found)->id, std::string(k_claimed), std::move(decide), std::move(extend));
    if (!claimed) {
        ApiResponse response = co_await refuse_claim(call, claimed.error());
        co_return response;
    }
    json::object out;
    out["outcome"] = *is_replay ? "already_yours" : "claimed";
    out["device"] = device_json(api, *claimed);
    co_return json_response(200, out);
}

// A plain user sees the devices he owns, the others those of the organization.
awaitable<ApiResponse> list(Call& call) {
    auto const page = page_of(call.request);
    if (!page) { co_return problem(page.error()); }
    Subject const& subject = call.caller.subject;
    UserId const only = subject.role == Role::user ? subject.user : UserId{};
    auto const found = call.api.store.devices_of(subject.acting_in, only, *page);
    if (!found) { co_return problem(found.error()); }
    json::array content;
    for (Token const& token : found->items) {
        auto const object = object_of(call.api, call.caller, token);
        if (!object) { co_return problem(object.error()); }
        if (!refusal(call.caller, Verb::see_device, *object)) { content.push_back(device_json(call.api, token)); }
    }
    co_return list_response(std::move(content), found->next);
}

awaitable<ApiResponse> show(Call& call) { co_return json_response(200, device_json(call.api, *call.token)); }

// Where the history of this owner begins: with the last claim, so that a second customer learns
// nothing of the first. Who got it by transfer sees what went along.
result<std::uint64_t> last_claim(Api& api, TokenId id) {
    std::uint64_t found = 0;
    Page page{0, k_page_max};
    for (;;) {
        auto const entries = api.store.history(id, page);
        if (!entries) { return entries.error(); }
        for (AuditEntry const& entry : entries->items) {
            if (entry.verb == k_claimed) { found = entry.id; }
        }
        if (entries->next == 0) { return found; }
        page.after = entries->next;
    }
}

awaitable<ApiResponse> history(Call& call) {
    auto page = page_of(call.request);
    if (!page) { co_return problem(page.error()); }
    if (is_claimed(call.token->state)) {
        auto const first = last_claim(call.api, call.token->id);
        if (!first) { co_return problem(first.error()); }
        if (*first > 0) { page->after = std::max(page->after, *first - 1); }
    }
    co_return history_response(call, *page);
}

awaitable<ApiResponse> rename(Call& call) {
    constexpr std::array<std::string_view, 1> members{"name"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    auto const name = text_in(*body, "name", 60);
    if (!name) { co_return problem(fail(cloud_errc::invalid)); }
    Decide decide = [name = *name](Token const& token) { return lifecycle::rename(token, name); };
    auto const renamed = co_await change_token(call, TokenId{call.id()}, "renamed", std::move(decide), nullptr);
    if (!renamed) { co_return problem(renamed.error()); }
    co_return json_response(200, device_json(call.api, *renamed));
}

// The owner side releases (E18); the origin organization clears an unclaimed unit (E24).
awaitable<ApiResponse> remove(Call& call) {
    Decide decide = [](Token const& token) {
        return is_claimed(token.state) ? lifecycle::release(token) : lifecycle::clear_device(token);
    };
    auto const released = co_await change_token(call, TokenId{call.id()}, "released", std::move(decide), nullptr);
    if (!released) { co_return problem(released.error()); }
    ApiResponse response;
    response.status = 204;
    co_return response;
}

awaitable<ApiResponse> transfer(Call& call) {
    constexpr std::array<std::string_view, 2> members{"user", "leave_history"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    Api& api = call.api;
    auto const target_id = number_in(*body, "user");
    auto const* leaves = body->if_contains("leave_history");
    if (!target_id || (leaves != nullptr && !leaves->is_bool())) { co_return problem(fail(cloud_errc::invalid)); }
    bool const stays = leaves != nullptr && leaves->as_bool();
    auto const history = stays ? lifecycle::History::stays_behind : lifecycle::History::goes_along;
    auto const target = api.store.user(UserId{*target_id});
    if (!target) { co_return problem(target.error()); }
    auto receiver = std::make_shared<std::optional<User>>(*target);
    Decide decide = [&call, receiver, history](Token const& token) -> result<Decision> {
        // XFER-03: an active account in the same tree; who that is stays untold otherwise.
        if (!*receiver || !(*receiver)->is_active) { return fail(cloud_errc::target_not_active); }
        auto const inside = is_in_tree(call.api, (*receiver)->organization, token.origin);
        if (!inside) { return inside.error(); }
        if (*inside == Truth::no) { return fail(cloud_errc::target_not_active); }
        return lifecycle::transfer(token, Claimer{(*receiver)->id, (*receiver)->organization}, history);
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
        {"POST", "/claims", asks(Verb::claim, &nothing), &claim, "Claim the device whose code was scanned"},
        {"GET", "/devices", asks(Verb::list_devices, &acted_in), &list, "The devices of the organization acted in",
         Shape::list},
        {"GET", "/devices/{device}", asks(Verb::see_device, &token_of_path), &show, "One device"},
        {"GET", "/devices/{device}/history", asks(Verb::see_device, &token_of_path), &history,
         "What happened to it since it was claimed", Shape::list},
        {"PATCH", "/devices/{device}", asks(Verb::rename_device, &token_of_path), &rename, "Name it", Shape::change},
        {"DELETE", "/devices/{device}", asks(Verb::delete_device, &token_of_path), &remove,
         "Delete it from the account", Shape::change},
        {"POST", "/devices/{device}/transfer", asks(Verb::transfer, &token_of_path), &transfer,
         "Give it to another user", Shape::change},
    };
}

}  // namespace drydock
