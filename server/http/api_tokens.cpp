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

awaitable<ApiResponse> list(Call& call) {
    auto const page = page_of(call.request);
    if (!page) { co_return problem(page.error()); }
    auto const found = call.api.store.tokens_of(call.caller.subject.acting_in, *page);
    if (!found) { co_return problem(found.error()); }
    json::array content;
    for (Token const& token : found->items) {
        auto const seen = object_of(call.api, call.caller, token);
        if (!seen) { co_return problem(seen.error()); }
        bool const shows_owner = !refusal(call.caller, Verb::see_device, *seen);
        content.push_back(token_json(call.api, token, shows_owner));
    }
    co_return list_response(std::move(content), found->next);
}

ApiResponse token_response(Call& call, Token const& token) {
    auto const object = object_of(call.api, call.caller, token);
    if (!object) { return problem(object.error()); }
    bool const shows_owner = !refusal(call.caller, Verb::see_device, *object);
    return json_response(200, token_json(call.api, token, shows_owner));
}

awaitable<ApiResponse> show(Call& call) { co_return token_response(call, *call.token); }

// SEC-04: whoever looks at an AuthToken or a QR leaves a trace before he sees it.
awaitable<error_code> note_look(Call& call) {
    Token const& token = *call.token;
    Change change;
    change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
    AuditEntry entry;
    entry.token = token.id;
    entry.event = "E2";
    entry.verb = to_text(call.verb);
    entry.actor = call.caller.user.id;
    entry.organization = call.caller.subject.acting_in;
    entry.epoch_before = token.epoch;
    entry.epoch_after = token.epoch;
    entry.state_after = token.state;
    entry.at = call.api.loop.clock.wall();
    entry.source = call.request.peer;
    change.audit.push_back(std::move(entry));
    auto const noted = co_await committed(call.api.store, std::move(change));
    co_return noted ? error_code() : noted.error();
}

struct Opened {
    Secret auth;
    Secret qr;
};

// Both tokens in clear. Deleted meanwhile: gone.
result<Opened> open_sealed(Call& call) {
    auto const sealed = call.api.store.sealed(call.token->id);
    if (!sealed) { return sealed.error(); }
    if (!*sealed) { return fail(cloud_errc::gone); }
    auto const auth = call.api.vault.unseal((*sealed)->auth_sealed, (*sealed)->auth_digest);
    auto const qr = call.api.vault.unseal((*sealed)->qr_sealed, (*sealed)->qr_digest);
    if (!auth || !qr) { return fail(cloud_errc::unavailable); }
    return Opened{*auth, *qr};
}

awaitable<ApiResponse> secret(Call& call) {
    if (auto const failed = co_await note_look(call)) { co_return problem(failed); }
    auto const opened = open_sealed(call);
    if (!opened) { co_return problem(opened.error()); }
    json::object out;
    out["auth_token"] = opened->auth.reveal();
    out["qr_text"] = qr_text(opened->qr, call.token->origin.value);
    co_return json_response(200, out);
}

awaitable<ApiResponse> picture(Call& call) {
    if (auto const failed = co_await note_look(call)) { co_return problem(failed); }
    auto const opened = open_sealed(call);
    if (!opened) { co_return problem(opened.error()); }
    auto text = std::make_shared<std::string>(qr_text(opened->qr, call.token->origin.value));
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
    auto const page = page_of(call.request);
    if (!page) { co_return problem(page.error()); }
    co_return history_response(call, *page);
}

// The common shape of the maker's verbs on one token.
awaitable<ApiResponse> change(Call& call, std::string name, Decide rule, Extend extend) {
    auto const changed =
        co_await change_token(call, TokenId{call.id()}, std::move(name), std::move(rule), std::move(extend));
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
    ApiResponse response = co_await change(call, "disclaimed", std::move(rule), nullptr);
    co_return response;
}

awaitable<ApiResponse> hold(Call& call) {
    Lock const lock = call.request.method == "POST" ? Lock::hold : Lock::none;
    Decide rule = [lock](Token const& token) { return lifecycle::hold(token, lock); };
    ApiResponse response = co_await change(call, "held", std::move(rule), nullptr);
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
    ApiResponse response = co_await change(call, "qr_reissued", std::move(rule), std::move(extend));
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
    ApiResponse response = co_await change(call, "deleted", std::move(rule), nullptr);
    co_return response;
}

}  // namespace

std::vector<Route> token_routes() {
    return {
        {"GET", "/tokens", asks(Verb::see_tokens, &acted_in), &list, "The tokens minted here", Shape::list},
        {"GET", "/tokens/{token}", asks(Verb::see_tokens, &token_of_path), &show, "One token"},
        {"DELETE", "/tokens/{token}", asks(Verb::delete_token, &token_of_path), &remove, "Delete a token for good",
         Shape::change},
        {"GET", "/tokens/{token}/secret", asks(Verb::see_auth_token, &token_of_path), &secret,
         "The AuthToken and the QR text"},
        {"GET", "/tokens/{token}/qr.png", asks(Verb::see_qr, &token_of_path), &picture, "The QR picture",
         Shape::picture},
        {"GET", "/tokens/{token}/history", asks(Verb::see_token_history, &token_of_path), &history,
         "What happened to it", Shape::list},
        {"POST", "/tokens/{token}/disclaim", asks(Verb::disclaim, &token_of_path), &disclaim, "Take ownership away",
         Shape::change},
        {"POST", "/tokens/{token}/hold", asks(Verb::hold, &token_of_path), &hold, "Keep it from being claimed",
         Shape::change},
        {"DELETE", "/tokens/{token}/hold", asks(Verb::hold, &token_of_path), &hold, "Let it be claimed again",
         Shape::change},
        {"POST", "/tokens/{token}/qr", asks(Verb::reissue_qr, &token_of_path), &reissue,
         "Void the QR token and make a new one", Shape::change},
    };
}

}  // namespace drydock
