// Verbs of the maker: minting, looking, disclaiming, deleting, labels.
#include "rig/verbs/answer.h"
#include "rig/verbs/table.h"
#include "sim/phone/qr_reader.h"

#include <boost/json.hpp>

#include <fstream>
#include <sstream>

namespace drydock::rig {

namespace {

namespace json = boost::json;

std::string token_path(StepContext const& context, std::string_view rest = {}) {
    return "/api/v1/tokens/" + context.text("token") + std::string(rest);
}

// Fetches both halves of every token named in the answer, as a station would to flash and label.
awaitable<void> add_tokens(StepContext& context, Person& maker, json::value answer, Outcome& outcome) {
    json::array const ids = answer.at("tokens").as_array();
    outcome.add("count", std::to_string(ids.size()));
    std::size_t number = 0;
    for (json::value const& id : ids) {
        std::string const text = json::serialize(id);
        auto const secret = co_await maker.call("GET", "/api/v1/tokens/" + text + "/secret");
        Outcome const refusal = outcome_of(secret);
        if (refusal.is_refused()) { throw InfrastructureError("a minted token has no values: " + refusal.error); }
        auto const shown = co_await maker.call("GET", "/api/v1/tokens/" + text);
        std::string const auth = member(secret->json, "auth_token");
        std::string const qr = member(secret->json, "qr_text");
        std::string const printed = member(shown->json, "printed");
        context.stage().remember_token(std::stoull(text), auth, qr, printed);
        std::string const prefix = "tokens." + std::to_string(number++);
        outcome.add(prefix + ".id", text);
        outcome.add(prefix + ".auth", auth);
        outcome.add(prefix + ".qr", qr);
        outcome.add(prefix + ".printed", printed);
        outcome.add(prefix + ".name", member(shown->json, "device_name"));
        for (auto const& [name, value] : shown->json.at("metadata").as_object()) {
            outcome.add(prefix + ".meta." + std::string(name), value.is_string() ? value.as_string().c_str() : "");
        }
    }
}

OrganizationActor& maker_of(StepContext const& context) {
    auto* organization = context.stage().organization(context.by());
    return organization == nullptr ? context.stage().maker() : *organization;
}

awaitable<Outcome> create(StepContext context) {
    Person& maker = context.caller();
    json::value const body{{"template", maker_of(context).template_id}, {"count", context.number("count", 1)}};
    auto const answer = co_await maker.call("POST", "/api/v1/tokens", body);
    Outcome outcome = outcome_of(answer);
    if (!outcome.is_refused()) { co_await add_tokens(context, maker, answer->json, outcome); }
    co_return outcome;
}

awaitable<Outcome> import(StepContext context) {
    Person& maker = context.caller();
    std::string table = context.text("csv", "");
    if (table.empty()) {
        std::ifstream file(context.text("file"));
        if (!file) { throw StepError("there is no file " + context.text("file")); }
        std::stringstream whole;
        whole << file.rdbuf();
        table = whole.str();
    }
    std::string const target = "/api/v1/tokens/import?template=" + std::to_string(maker_of(context).template_id);
    auto const answer = co_await maker.send_text("POST", target, "text/csv", table);
    Outcome outcome = outcome_of(answer);
    if (!outcome.is_refused()) { co_await add_tokens(context, maker, answer->json, outcome); }
    co_return outcome;
}

void add_token(json::value const& token, Outcome& outcome) {
    for (std::string_view const name :
         {"status", "state", "epoch", "lock", "ever_connected", "online", "device_name"}) {
        outcome.add(std::string(name), member(token, name));
    }
    outcome.add("claim", member(token, "status") == "CLAIMED" ? "claimed" : "unclaimed");
}

awaitable<Outcome> ask(StepContext context, std::string method, std::string path, json::value body) {
    auto const answer = co_await context.caller().call(method, path, body);
    Outcome outcome = outcome_of(answer);
    if (!outcome.is_refused() && answer->json.is_object()) { add_token(answer->json, outcome); }
    co_return outcome;
}

awaitable<Outcome> show(StepContext context) { return ask(context, "GET", token_path(context), {}); }
awaitable<Outcome> disclaim(StepContext context) { return ask(context, "POST", token_path(context, "/disclaim"), {}); }
awaitable<Outcome> hold(StepContext context) { return ask(context, "POST", token_path(context, "/hold"), {}); }
awaitable<Outcome> unhold(StepContext context) { return ask(context, "DELETE", token_path(context, "/hold"), {}); }

awaitable<Outcome> reissue_qr(StepContext context) {
    Person& maker = context.caller();
    auto const answer = co_await maker.call("POST", token_path(context, "/qr"));
    Outcome outcome = outcome_of(answer);
    if (outcome.is_refused()) { co_return outcome; }
    auto const secret = co_await maker.call("GET", token_path(context, "/secret"));
    outcome = outcome_of(secret);
    std::string const qr = member(secret->json, "qr_text");
    context.stage().remember_token(std::stoull(context.text("token")), member(secret->json, "auth_token"), qr,
                                   member(answer->json, "printed"));
    outcome.add("qr", qr);
    co_return outcome;
}

awaitable<Outcome> remove(StepContext context) {
    Person& maker = context.caller();
    std::string confirm = context.text("confirm", "");
    if (confirm.empty()) {
        auto const shown = co_await maker.call("GET", token_path(context));
        confirm = shown ? member(shown->json, "printed") : "";
    }
    json::value const body{{"confirm", confirm}, {"claimed_included", context.truth("claimed_included")}};
    auto const answer = co_await maker.call("DELETE", token_path(context), body);
    co_return outcome_of(answer);
}

awaitable<Outcome> history(StepContext context) {
    auto const answer = co_await context.caller().call("GET", token_path(context, "/history"));
    Outcome outcome = outcome_of(answer);
    if (outcome.is_refused()) { co_return outcome; }
    std::string events;
    for (json::value const& entry : answer->json.at("content").as_array()) {
        events += (events.empty() ? "" : " ") + member(entry, "event");
    }
    outcome.add("events", events);
    co_return outcome;
}

// The label of a box: the cloud's PNG, read back as a customer's camera would.
awaitable<Outcome> print_label(StepContext context) {
    Person& maker = *context.stage().maker().admin;
    auto const answer = co_await maker.send_text("GET", token_path(context, "/qr.png"), "", "");
    Outcome outcome = outcome_of(answer);
    if (outcome.is_refused()) { co_return outcome; }
    auto const decoded = read_qr(as_bytes(answer->body));
    if (!decoded) { co_return Outcome::refused("unreadable_label", decoded.error().message()); }
    auto const secret = co_await maker.call("GET", token_path(context, "/secret"));
    std::string const picture = "label of token " + context.text("token");
    auto const bytes = as_bytes(answer->body);
    context.stage().pictures()[picture] = Bytes(bytes.begin(), bytes.end());
    outcome.add("picture", picture);
    outcome.add("decoded", *decoded);
    outcome.add("decoded_matches", *decoded == member(secret->json, "qr_text") ? "true" : "false");
    outcome.add("bytes", std::to_string(answer->body.size()));
    co_return outcome;
}

ParameterSpec const k_token{"token", ParameterType::text, true, "The token's id, as saved from tokens.create."};

}  // namespace

std::vector<Verb> token_verbs() {
    using enum ParameterType;
    std::vector<ActorKind> const callers{ActorKind::organization, ActorKind::user};
    std::vector<std::string_view> const shown{"status",         "state",  "epoch", "lock",
                                              "ever_connected", "online", "claim", "device_name"};
    std::vector<std::string_view> const refusals{"forbidden", "not_found",   "gone",
                                                 "conflict",  "stale_epoch", "unavailable"};
    std::vector<std::string_view> const minted{"tokens.N.id",   "tokens.N.auth",   "tokens.N.qr", "tokens.N.printed",
                                               "tokens.N.name", "tokens.N.meta.*", "count"};
    return {
        {{"tokens.create",
          callers,
          {{"count", number, false, "How many; 1 unless told."}},
          minted,
          {"over_limit", "forbidden", "not_found", "invalid"},
          {},
          "Mint static tokens for the organization's template."},
         &create},
        {{"tokens.import",
          callers,
          {{"file", path, false, "A CSV file, from where the rig runs."}, {"csv", text, false, "The table itself."}},
          minted,
          {"csv_faults", "over_limit", "forbidden", "not_found"},
          {},
          "Mint one token per row of a CSV file."},
         &import},
        {{"tokens.show", callers, {k_token}, shown, refusals, {}, "Look at a token."}, &show},
        {{"tokens.disclaim", callers, {k_token}, shown, refusals, {}, "Take ownership away, as the maker (E19)."},
         &disclaim},
        {{"tokens.hold", callers, {k_token}, shown, refusals, {}, "Keep an unclaimed unit from being claimed (E31)."},
         &hold},
        {{"tokens.unhold", callers, {k_token}, shown, refusals, {}, "Let it be claimed again."}, &unhold},
        {{"tokens.reissue_qr", callers, {k_token}, {"qr"}, refusals, {}, "Void the QR token and make a new one (E32)."},
         &reissue_qr},
        {{"tokens.delete",
          callers,
          {k_token,
           {"claimed_included", boolean, false, "Say true to delete a claimed one."},
           {"confirm", text, false, "The typed confirmation; the token's printed name unless told."}},
          {},
          {"forbidden", "not_found", "gone", "confirmation_needed", "conflict", "stale_epoch", "unavailable"},
          {},
          "Delete a token for good (E22, E23)."},
         &remove},
        {{"tokens.history", callers, {k_token}, {"events"}, refusals, {}, "The events of a token's life, in order."},
         &history},
        {{"label.print",
          {ActorKind::station, ActorKind::organization, ActorKind::user},
          {k_token},
          {"picture", "decoded", "decoded_matches", "bytes"},
          {"unreadable_label", "not_found", "forbidden"},
          {},
          "Fetch the QR picture and read it back with a camera's reader."},
         &print_label},
    };
}

}  // namespace drydock::rig
