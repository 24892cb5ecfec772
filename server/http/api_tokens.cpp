// Minting, importing, looking at, locking, disclaiming and deleting static tokens.
#include "server/http/api.h"
#include "server/http/commit.h"
#include "server/http/fields.h"
#include "server/http/offloaded.h"
#include "server/http/problem.h"
#include "server/token/csv.h"
#include "server/token/qr_png.h"

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <memory>

namespace drydock {

namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint64_t k_tokens_per_request_max = 10'000;
constexpr std::uint64_t k_page_max = 1000;
constexpr std::string_view k_device_name = "Device Name";

NewToken new_token(Api& api, Secret const& auth, Secret const& qr) {
    NewToken token;
    token.auth_digest = api.vault.digest(auth.reveal());
    token.auth_sealed = api.vault.seal(auth, token.auth_digest, api.loop.entropy);
    token.qr_digest = api.vault.digest(qr.reveal());
    token.qr_sealed = api.vault.seal(qr, token.qr_digest, api.loop.entropy);
    return token;
}

NewToken mint(Api& api) { return new_token(api, mint_auth_token(api.loop.entropy), mint_qr_token(api.loop.entropy)); }

// The organization whose plan counts: the tenant's top, just below the platform's root (PLAN-01).
result<Organization> plan_holder(Api& api, OrganizationId id) {
    auto const line = api.store.ancestry(id);
    if (!line) { return line.error(); }
    if (line->empty()) { return fail(cloud_errc::not_found); }
    return line->size() == 1 ? line->front() : (*line)[line->size() - 2];
}

// The template, if the caller may mint for it where he acts.
result<Template> template_for(Call& call, std::uint64_t id) {
    Object object;
    object.organization = Relation::same;
    if (auto const refused = refusal(call.caller, Verb::create_tokens, object)) { return refused; }
    auto const found = call.api.store.template_by_id(TemplateId{id});
    if (!found) { return found.error(); }
    if (!*found || (*found)->organization != call.caller.subject.acting_in) { return fail(cloud_errc::not_found); }
    return **found;
}

awaitable<ApiResponse> commit_batch(Call& call, TemplateId template_id, std::string name,
                                    std::vector<NewToken> tokens) {
    Api& api = call.api;
    OrganizationId const origin = call.caller.subject.acting_in;
    auto const holder = plan_holder(api, origin);
    if (!holder) { co_return problem(holder.error()); }
    std::uint64_t const count = tokens.size();
    Change change;
    change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
    change.guards.push_back(TemplateAlive{template_id});
    change.guards.push_back(TokenRoom{holder->id, count, limits_of(holder->plan).tokens});
    NewBatch batch;
    batch.origin = origin;
    batch.template_id = template_id;
    batch.name = std::move(name);
    batch.creator = call.caller.user.id;
    batch.created = api.loop.clock.wall();
    batch.tokens = std::move(tokens);
    change.writes.push_back(std::move(batch));
    AuditEntry entry;
    entry.event = "E1";
    entry.verb = "create_tokens";
    entry.actor = call.caller.user.id;
    entry.organization = origin;
    entry.at = api.loop.clock.wall();
    entry.source = call.request.peer;
    change.audit.push_back(std::move(entry));
    if (!call.request.idempotency_key.empty()) {
        change.idempotency.emplace(call.caller.user.id, call.request.idempotency_key);
    }
    auto const made = co_await committed(api.store, std::move(change));
    if (!made) { co_return problem(made.error()); }
    api.events.append("cloud", "tokens.created", {{"count", std::to_string(made->ids.size() - 1)}});
    json::object out;
    out["batch"] = made->ids.at(0);
    json::array ids;
    for (std::size_t i = 1; i < made->ids.size(); ++i) { ids.push_back(made->ids[i]); }
    out["tokens"] = std::move(ids);
    co_return json_response(201, out);
}

awaitable<ApiResponse> create(Call& call) {
    constexpr std::array<std::string_view, 3> members{"template", "count", "name"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    auto const wanted = number_in(*body, "template");
    auto const count = number_in(*body, "count");
    if (!wanted || !count || *count > k_tokens_per_request_max) { co_return problem(fail(cloud_errc::invalid)); }
    auto const found = template_for(call, *wanted);
    if (!found) { co_return problem(found.error()); }
    std::vector<NewToken> tokens;
    tokens.reserve(*count);
    for (std::uint64_t i = 0; i < *count; ++i) { tokens.push_back(mint(call.api)); }
    ApiResponse response =
        co_await commit_batch(call, found->id, text_in(*body, "name", 100).value_or(""), std::move(tokens));
    co_return response;
}

bool is_number_text(std::string const& text) {
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

// Which field each column fills; unmatched headers are faults (CSV-03, CSV-05).
void judge_columns(CsvTable& table, Template const& one) {
    for (std::size_t column = 0; column < table.header.size(); ++column) {
        std::string const& name = table.header[column];
        MetadataField const* field = nullptr;
        for (MetadataField const& candidate : one.fields) {
            if (candidate.name == name) { field = &candidate; }
        }
        if (name == k_device_name) { continue; }
        if (field == nullptr) {
            table.faults.push_back({"UNMAPPED_HEADER", 1, column + 1, name.substr(0, 64)});
            continue;
        }
        for (auto const& row : table.rows) {
            std::string const& cell = row.cells.at(column);
            if (cell.size() > 255) { table.faults.push_back({"TOO_LONG", row.line, column + 1, cell.substr(0, 64)}); }
            if (field->type == FieldType::number && !cell.empty() && !is_number_text(cell)) {
                table.faults.push_back({"TYPE", row.line, column + 1, cell.substr(0, 64)});
            }
        }
    }
}

ApiResponse csv_refusal(CsvTable const& table) {
    json::array faults;
    for (CsvFault const& fault : table.faults) {
        json::object item;
        item["code"] = fault.code;
        item["line"] = fault.line;
        item["column"] = fault.column;
        item["value"] = fault.value;
        faults.push_back(std::move(item));
    }
    json::object error;
    error["code"] = "csv_faults";
    error["message"] = "the file has faults: nothing was created";
    error["faults"] = std::move(faults);
    json::object out;
    out["error"] = std::move(error);
    return json_response(400, out);
}

awaitable<ApiResponse> import(Call& call) {
    std::uint64_t wanted = 0;
    std::string_view const text = call.request.query_value("template");
    std::from_chars(text.data(), text.data() + text.size(), wanted);
    auto const found = template_for(call, wanted);
    if (!found) { co_return problem(found.error()); }
    auto table = std::make_shared<CsvTable>();
    auto file = std::make_shared<std::string>(call.request.body);
    std::function<void()> work = [table, file] { *table = parse_csv(*file, k_tokens_per_request_max); };
    bool const is_taken = co_await offloaded(call.api.loop, std::move(work));
    if (!is_taken) { co_return problem(fail(cloud_errc::unavailable)); }
    if (table->faults.empty()) { judge_columns(*table, *found); }
    if (!table->faults.empty()) { co_return csv_refusal(*table); }
    std::vector<NewToken> tokens;
    for (auto const& row : table->rows) {
        NewToken token = mint(call.api);
        for (std::size_t column = 0; column < row.cells.size(); ++column) {
            if (table->header[column] == k_device_name) {
                token.device_name = row.cells[column];
            } else {
                token.metadata.emplace_back(table->header[column], row.cells[column]);
            }
        }
        tokens.push_back(std::move(token));
    }
    ApiResponse response = co_await commit_batch(call, found->id, "CSV", std::move(tokens));
    co_return response;
}

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
        {"POST", "/tokens", Verb::create_tokens, true, &create, "Mint static tokens"},
        {"POST", "/tokens/import", Verb::create_tokens, true, &import, "Mint one token per row of a CSV file"},
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
