// Looking at, locking, disclaiming and deleting static tokens.
#include "server/http/api.h"
#include "server/http/commit.h"
#include "server/http/fields.h"
#include "server/http/offloaded.h"
#include "server/http/problem.h"
#include "server/token/qr_png.h"

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <memory>

namespace drydock {

namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint64_t k_page_max = 1000;

Page page_of(ApiRequest const& request) {
    Page page;
    auto const read = [&](std::string_view name, std::uint64_t fallback) {
        std::string_view const text = request.query_value(name);
        std::uint64_t value = fallback;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    page.offset = read("offset", 0);
    page.limit = std::min(read("limit", 50), k_page_max);
    return page;
}

awaitable<ApiResponse> list(Call& call) {
    Object object;
    object.origin = Relation::same;
    if (auto const refused = refusal(call.caller, Verb::see_tokens, object)) { co_return problem(refused); }
    auto const found = call.api.store.tokens_of(call.caller.subject.acting_in, page_of(call.request));
    if (!found) { co_return problem(found.error()); }
    json::array content;
    for (Token const& token : found->items) {
        auto const seen = object_of(call.api, call.caller, token);
        if (!seen) { co_return problem(seen.error()); }
        bool const shows_owner = !refusal(call.caller, Verb::see_device, *seen);
        content.push_back(token_json(call.api, token, shows_owner));
    }
    json::object out;
    out["content"] = std::move(content);
    out["total"] = found->total;
    co_return json_response(200, out);
}

struct Seen {
    Token token;
    Object object;
};

// The live token of the path, if the caller may do this with it.
result<Seen> token_for(Call& call, Verb verb) {
    auto const found = call.api.store.token(TokenId{call.id()});
    if (!found) { return found.error(); }
    if (!*found || !is_live((*found)->state)) { return fail(cloud_errc::not_found); }
    auto const object = object_of(call.api, call.caller, **found);
    if (!object) { return object.error(); }
    if (auto const refused = refusal(call.caller, verb, *object)) { return refused; }
    return Seen{**found, *object};
}

ApiResponse token_response(Call& call, Token const& token) {
    auto const object = object_of(call.api, call.caller, token);
    if (!object) { return problem(object.error()); }
    bool const shows_owner = !refusal(call.caller, Verb::see_device, *object);
    return json_response(200, token_json(call.api, token, shows_owner));
}

awaitable<ApiResponse> show(Call& call) {
    auto const seen = token_for(call, Verb::see_tokens);
    if (!seen) { co_return problem(seen.error()); }
    co_return token_response(call, seen->token);
}

awaitable<ApiResponse> secret(Call& call) {
    auto const seen = token_for(call, Verb::see_auth_token);
    if (!seen) { co_return problem(seen.error()); }
    auto const sealed = call.api.store.sealed(seen->token.id);
    if (!sealed) { co_return problem(sealed.error()); }
    if (!*sealed) { co_return problem(fail(cloud_errc::not_found)); }
    auto const auth = call.api.vault.unseal((*sealed)->auth_sealed, (*sealed)->auth_digest);
    auto const qr = call.api.vault.unseal((*sealed)->qr_sealed, (*sealed)->qr_digest);
    if (!auth || !qr) { co_return problem(fail(cloud_errc::unavailable)); }
    // SEC-04: whoever looks at an AuthToken leaves a trace before he sees it.
    Change change;
    change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
    AuditEntry entry;
    entry.token = seen->token.id;
    entry.event = "E2";
    entry.verb = "see_auth_token";
    entry.actor = call.caller.user.id;
    entry.organization = call.caller.subject.acting_in;
    entry.epoch_before = seen->token.epoch;
    entry.epoch_after = seen->token.epoch;
    entry.state_after = seen->token.state;
    entry.at = call.api.loop.clock.wall();
    entry.source = call.request.peer;
    change.audit.push_back(std::move(entry));
    auto const noted = co_await committed(call.api.store, std::move(change));
    if (!noted) { co_return problem(noted.error()); }
    json::object out;
    out["auth_token"] = auth->reveal();
    out["qr_text"] = qr_text(*qr, seen->token.origin.value);
    co_return json_response(200, out);
}

awaitable<ApiResponse> picture(Call& call) {
    auto const seen = token_for(call, Verb::see_tokens);
    if (!seen) { co_return problem(seen.error()); }
    auto const sealed = call.api.store.sealed(seen->token.id);
    if (!sealed) { co_return problem(sealed.error()); }
    if (!*sealed) { co_return problem(fail(cloud_errc::not_found)); }
    auto const qr = call.api.vault.unseal((*sealed)->qr_sealed, (*sealed)->qr_digest);
    if (!qr) { co_return problem(fail(cloud_errc::unavailable)); }
    auto text = std::make_shared<std::string>(qr_text(*qr, seen->token.origin.value));
    auto png = std::make_shared<result<Bytes>>(Bytes());
    std::function<void()> work = [text, png] { *png = qr_png(*text); };
    bool const is_taken = co_await offloaded(call.api.loop, std::move(work));
    if (!is_taken || !*png) { co_return problem(fail(cloud_errc::unavailable)); }
    ApiResponse response;
    response.content_type = "image/png";
    response.body = std::string(as_text(**png));
    co_return response;
}

awaitable<ApiResponse> history(Call& call) {
    auto const found = call.api.store.token(TokenId{call.id()});
    if (!found) { co_return problem(found.error()); }
    if (!*found) { co_return problem(fail(cloud_errc::not_found)); }
    auto const object = object_of(call.api, call.caller, **found);
    if (!object) { co_return problem(object.error()); }
    if (auto const refused = refusal(call.caller, Verb::see_token_history, *object)) { co_return problem(refused); }
    auto const entries = call.api.store.history(TokenId{call.id()});
    if (!entries) { co_return problem(entries.error()); }
    json::array content;
    for (AuditEntry const& entry : *entries) {
        json::object item;
        item["event"] = entry.event;
        item["verb"] = entry.verb;
        item["epoch_before"] = entry.epoch_before;
        item["epoch_after"] = entry.epoch_after;
        item["state"] = to_text(entry.state_after);
        item["at"] = entry.at.time_since_epoch().count();
        item["organization"] = entry.organization.value;
        // AUDIT-03: the maker sees states, not his customers' people.
        if (entry.organization == call.caller.subject.acting_in) { item["actor"] = entry.actor.value; }
        content.push_back(std::move(item));
    }
    json::object out;
    out["content"] = std::move(content);
    co_return json_response(200, out);
}

// The common shape of the maker's verbs on one token.
awaitable<ApiResponse> change(Call& call, Verb verb, std::string name, Decide rule, Extend extend) {
    Decide decide = [&call, verb, rule = std::move(rule)](Token const& token) -> result<Decision> {
        if (!is_live(token.state)) { return fail(cloud_errc::not_found); }
        auto const object = object_of(call.api, call.caller, token);
        if (!object) { return object.error(); }
        if (auto const refused = refusal(call.caller, verb, *object)) { return refused; }
        return rule(token);
    };
    auto const changed =
        co_await change_token(call, TokenId{call.id()}, std::move(name), std::move(decide), std::move(extend));
    if (!changed) { co_return problem(changed.error()); }
    if (changed->state == TokenState::deleted) {
        ApiResponse response;
        response.status = 204;
        co_return response;
    }
    co_return token_response(call, *changed);
}

awaitable<ApiResponse> disclaim(Call& call) {
    Decide rule = [](Token const& token) { return lifecycle::disclaim(token); };
    ApiResponse response = co_await change(call, Verb::disclaim, "disclaimed", std::move(rule), nullptr);
    co_return response;
}

awaitable<ApiResponse> hold(Call& call) {
    Lock const lock = call.request.method == "POST" ? Lock::hold : Lock::none;
    Decide rule = [lock](Token const& token) { return lifecycle::hold(token, lock); };
    ApiResponse response = co_await change(call, Verb::hold, "held", std::move(rule), nullptr);
    co_return response;
}

awaitable<ApiResponse> reissue(Call& call) {
    Secret const qr = mint_qr_token(call.api.loop.entropy);
    Decide rule = [](Token const& token) { return lifecycle::reissue_qr(token); };
    Extend extend = [&call, qr](Token const& token, Change& made) -> error_code {
        TokenDigest const digest = call.api.vault.digest(qr.reveal());
        made.writes.push_back(ReplaceQr{token.id, digest, call.api.vault.seal(qr, digest, call.api.loop.entropy)});
        return {};
    };
    ApiResponse response = co_await change(call, Verb::reissue_qr, "qr_reissued", std::move(rule), std::move(extend));
    co_return response;
}

awaitable<ApiResponse> remove(Call& call) {
    constexpr std::array<std::string_view, 2> members{"confirm", "claimed_included"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    std::string const confirm = text_in(*body, "confirm", 64).value_or("");
    auto const* flag = body->if_contains("claimed_included");
    bool const is_included = flag != nullptr && flag->is_bool() && flag->as_bool();
    auto const included = is_included ? lifecycle::ClaimedIncluded::yes : lifecycle::ClaimedIncluded::no;
    Decide rule = [confirm, included](Token const& token) -> result<Decision> {
        if (confirm != token.printed) { return fail(cloud_errc::confirmation_needed); }  // DEL-01
        return lifecycle::remove(token, included);
    };
    ApiResponse response = co_await change(call, Verb::delete_token, "deleted", std::move(rule), nullptr);
    co_return response;
}

}  // namespace

std::vector<Route> token_routes() {
    return {
        {"GET", "/tokens", Verb::see_tokens, true, &list, "The tokens minted here"},
        {"GET", "/tokens/{token}", Verb::see_tokens, true, &show, "One token"},
        {"DELETE", "/tokens/{token}", Verb::delete_token, true, &remove, "Delete a token for good"},
        {"GET", "/tokens/{token}/secret", Verb::see_auth_token, true, &secret, "The AuthToken and the QR text"},
        {"GET", "/tokens/{token}/qr.png", Verb::see_tokens, true, &picture, "The QR picture"},
        {"GET", "/tokens/{token}/history", Verb::see_token_history, true, &history, "What happened to it"},
        {"POST", "/tokens/{token}/disclaim", Verb::disclaim, true, &disclaim, "Take ownership away"},
        {"POST", "/tokens/{token}/hold", Verb::hold, true, &hold, "Keep it from being claimed"},
        {"DELETE", "/tokens/{token}/hold", Verb::hold, true, &hold, "Let it be claimed again"},
        {"POST", "/tokens/{token}/qr", Verb::reissue_qr, true, &reissue, "Void the QR token and make a new one"},
    };
}

}  // namespace drydock
