#include "server/http/api.h"

#include "server/base/check.h"
#include "server/http/commit.h"
#include "server/http/fields.h"
#include "server/http/problem.h"

#include <boost/json.hpp>

#include <algorithm>
#include <iterator>

namespace drydock {

namespace {

constexpr unsigned k_decide_tries_max = 5;
constexpr std::size_t k_json_depth_max = 32;

// Whether the path fits the route; collects what stands in braces.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& parameters) {
    parameters.clear();
    while (!pattern.empty() || !path.empty()) {
        if (pattern.empty() || path.empty()) { return false; }
        auto const pattern_end = std::min(pattern.find('/', 1), pattern.size());
        auto const path_end = std::min(path.find('/', 1), path.size());
        std::string_view const wanted = pattern.substr(0, pattern_end);
        std::string_view const given = path.substr(0, path_end);
        if (wanted.starts_with("/{")) {
            if (given.size() < 2) { return false; }
            parameters.emplace_back(given.substr(1));
        } else if (wanted != given) {
            return false;
        }
        pattern.remove_prefix(pattern_end);
        path.remove_prefix(path_end);
    }
    return true;
}

}  // namespace

bool FailureLimit::is_over(std::string const& who) {
    auto const found = rows_.find(who);
    if (found == rows_.end()) { return false; }
    if (clock_.now() - found->second.since > window_) {
        rows_.erase(found);
        return false;
    }
    return found->second.failures >= most_;
}

void FailureLimit::count(std::string const& who) {
    constexpr std::size_t k_rows_max = 65'536;
    if (rows_.size() >= k_rows_max) { rows_.erase(rows_.begin()); }
    Row& row = rows_[who];
    if (row.failures == 0) { row.since = clock_.now(); }
    ++row.failures;
}

std::uint64_t Call::id(std::size_t index) const {
    DRYDOCK_CHECK(index < parameters.size());
    return number_from(parameters[index]).value_or(0);
}

std::span<Route const> routes() {
    static std::vector<Route> const all = [] {
        std::vector<Route> list;
        for (auto family : {people_routes(), minting_routes(), token_routes(), device_routes(), service_routes()}) {
            std::move(family.begin(), family.end(), std::back_inserter(list));
        }
        return list;
    }();
    return all;
}

namespace {

constexpr std::string_view k_metrics_path = "/metrics";  // where scrapers look without being told

// The path within the API; nothing when it is outside of it.
std::optional<std::string_view> path_of(ApiRequest const& request) {
    std::string_view const path = request.path;
    if (path == k_metrics_path) { return path; }
    if (!path.starts_with(k_api_prefix)) { return std::nullopt; }
    return path.substr(k_api_prefix.size());
}

}  // namespace

boost::asio::awaitable<ApiResponse> answer(Call& call, std::span<Route const> table) {
    auto const path = path_of(call.request);
    if (!path) { co_return problem(fail(http_errc::no_route)); }
    bool knows_path = false;
    for (Route const& route : table) {
        if (!fits(route.path, *path, call.parameters)) { continue; }
        knows_path = true;
        if (route.method != call.request.method) { continue; }
        if (auto const refused = refusal(call, route.rule)) { co_return problem(refused); }
        ApiResponse response = co_await route.handler(call);
        co_return response;
    }
    co_return problem(fail(knows_path ? http_errc::wrong_method : http_errc::no_route));
}

// The tenant's top, just below the platform's root (PLAN-01).
result<Organization> plan_holder(Api& api, OrganizationId id) {
    auto const line = api.store.ancestry(id);
    if (!line) { return line.error(); }
    if (line->empty()) { return fail(cloud_errc::not_found); }
    return line->size() == 1 ? line->front() : (*line)[line->size() - 2];
}

result<boost::json::object> body_object(ApiRequest const& request, std::span<std::string_view const> members) {
    boost::json::parse_options options;
    options.max_depth = k_json_depth_max;
    error_code no_json;
    boost::json::value value = boost::json::parse(request.body.empty() ? "{}" : request.body, no_json, {}, options);
    if (no_json || !value.is_object()) { return fail(http_errc::bad_request); }
    for (auto const& member : value.as_object()) {
        if (std::find(members.begin(), members.end(), std::string_view(member.key())) == members.end()) {
            return fail(http_errc::bad_request);
        }
    }
    return std::move(value.as_object());
}

namespace {

// API-04: the ownership the caller looked at is still the one. A claim has no such condition: whoever
// scans has seen no epoch, and an answer would tell him one (CLAIM-13).
bool is_expected(Call const& call, Token const& token) {
    std::string_view rest = call.request.if_match;
    if (rest.empty() || call.verb == Verb::claim) { return true; }
    std::string const epoch = "\"" + std::to_string(token.epoch) + "\"";
    while (!rest.empty()) {
        auto const end = std::min(rest.find(','), rest.size());
        std::string_view one = rest.substr(0, end);
        while (one.starts_with(' ')) { one.remove_prefix(1); }
        while (one.ends_with(' ')) { one.remove_suffix(1); }
        if (one == "*" || one == epoch) { return true; }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

void carry_out(Api& api, TokenUpdate const& update, SessionFate fate) {
    using Values = LiveSessions::Values;
    switch (fate) {
        case SessionFate::keep: return;
        case SessionFate::rehome: return api.live.rehome(update.id, update.epoch, update.holder, Values::sealed);
        case SessionFate::move: return api.live.rehome(update.id, update.epoch, update.holder, Values::go_along);
        case SessionFate::kick:
        case SessionFate::kick_for_good: return api.live.kick(update.id, update.epoch);
    }
}

}  // namespace

boost::asio::awaitable<result<Token>> change_token(Call& call, TokenId id, std::string verb, Decide decide,
                                                   Extend extend) {
    Api& api = call.api;
    for (unsigned tries = 0; tries < k_decide_tries_max; ++tries) {
        if (tries > 0) {
            // What changed meanwhile may be the caller's rights (C14).
            auto again = caller_of(api, call.request);
            if (!again) { co_return again.error(); }
            call.caller = std::move(*again);
        }
        auto const before = api.store.token(id);
        if (!before) { co_return before.error(); }
        if (!*before) { co_return fail(cloud_errc::not_found); }
        Token const& token = **before;
        auto const object = object_of(api, call.caller, token);
        if (!object) { co_return object.error(); }
        if (auto const refused = refusal(call.caller, call.verb, *object)) { co_return refused; }
        if (!is_expected(call, token)) { co_return fail(cloud_errc::stale_epoch); }
        auto const decision = decide(token);
        if (!decision) { co_return decision.error(); }
        if (!decision->update) { co_return token; }
        Change change;
        change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
        change.writes.push_back(*decision->update);
        if (extend) {
            if (auto const refused = extend(token, change)) { co_return refused; }
        }
        AuditEntry entry;
        entry.token = id;
        entry.event = decision->event;
        entry.verb = verb;
        entry.actor = call.caller.user.id;
        entry.organization = call.caller.subject.acting_in;
        entry.epoch_before = token.epoch;
        entry.epoch_after = decision->update->epoch;
        entry.state_after = decision->update->state;
        entry.at = api.loop.clock.wall();
        entry.source = call.request.peer;
        change.audit.push_back(std::move(entry));
        TokenUpdate const update = *decision->update;
        SessionFate const fate = decision->fate;
        auto const done = co_await committed(api.store, std::move(change));
        if (!done && done.error() == make_error_code(cloud_errc::conflict)) { continue; }
        if (!done) { co_return done.error(); }
        carry_out(api, update, fate);
        api.events.append("token " + std::to_string(id.value), "token." + verb,
                          {{"epoch", std::to_string(update.epoch)}});
        Token after = token;
        after.state = update.state;
        after.holder = update.holder;
        after.owner = update.owner;
        after.epoch = update.epoch;
        after.lock = update.lock;
        after.ever_connected = update.ever_connected;
        after.given_name = update.given_name;
        co_return after;
    }
    co_return fail(cloud_errc::conflict);
}

boost::json::object token_json(Api& api, Token const& token, bool shows_owner) {
    boost::json::object out;
    out["id"] = token.id.value;
    out["printed"] = token.printed;
    out["origin"] = token.origin.value;
    out["template"] = token.template_id.value;
    out["batch"] = token.batch.value;
    out["status"] = is_claimed(token.state) ? "CLAIMED" : "UNCLAIMED";
    out["state"] = to_text(token.state);
    out["holder"] = token.holder.valid() ? boost::json::value(token.holder.value) : boost::json::value(nullptr);
    out["owner"] =
        token.owner.valid() && shows_owner ? boost::json::value(token.owner.value) : boost::json::value(nullptr);
    out["epoch"] = token.epoch;
    out["lock"] = token.lock == Lock::hold ? "hold" : "none";
    out["ever_connected"] = token.ever_connected;
    out["online"] = api.live.is_online(token.id);
    out["device_name"] = token.device_name;
    boost::json::object metadata;
    for (auto const& [name, value] : token.metadata) { metadata[name] = value; }
    out["metadata"] = std::move(metadata);
    out["created"] = token.created.time_since_epoch().count();
    return out;
}

boost::json::object device_json(Api& api, Token const& token) {
    boost::json::object out;
    out["id"] = token.id.value;
    out["name"] = token.given_name.empty() ? token.device_name : token.given_name;
    out["template"] = token.template_id.value;
    out["organization"] = token.holder.value;
    out["origin"] = token.origin.value;
    out["owner"] = token.owner.valid() ? boost::json::value(token.owner.value) : boost::json::value(nullptr);
    out["status"] = is_claimed(token.state) ? "CLAIMED" : "UNCLAIMED";
    out["online"] = api.live.is_online(token.id);
    out["epoch"] = token.epoch;
    boost::json::object metadata;
    for (auto const& [name, value] : token.metadata) { metadata[name] = value; }
    out["metadata"] = std::move(metadata);
    boost::json::object values;
    for (auto const& [pin, value] : api.live.values(token.id, token.epoch)) { values[pin] = value; }
    out["values"] = std::move(values);
    return out;
}

ApiResponse history_response(Call& call, Page page) {
    auto const entries = call.api.store.history(call.token->id, page);
    if (!entries) { return problem(entries.error()); }
    boost::json::array content;
    for (AuditEntry const& entry : entries->items) {
        boost::json::object item;
        item["event"] = entry.event;
        item["verb"] = entry.verb;
        item["epoch_before"] = entry.epoch_before;
        item["epoch_after"] = entry.epoch_after;
        item["state"] = to_text(entry.state_after);
        item["at"] = entry.at.time_since_epoch().count();
        item["organization"] = entry.organization.value;
        // AUDIT-03: one sees what happened, and of people only those of the organization acted in.
        if (entry.organization == call.caller.subject.acting_in) { item["actor"] = entry.actor.value; }
        content.push_back(std::move(item));
    }
    return list_response(std::move(content), entries->next);
}

}  // namespace drydock
