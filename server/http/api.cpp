#include "server/http/api.h"

#include "server/base/check.h"
#include "server/http/commit.h"
#include "server/http/problem.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace drydock {

namespace {

constexpr unsigned k_decide_tries_max = 5;
constexpr std::size_t k_json_depth_max = 32;

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0) { return std::nullopt; }
    return value;
}

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

// A browser's cookie is only good for its own site (A8).
bool is_same_origin(ApiRequest const& request) {
    return request.origin.empty() || request.origin == (request.is_tls ? "https://" : "http://") + request.host;
}

result<Caller> caller_of(Api& api, ApiRequest const& request) {
    bool const by_cookie = request.bearer.empty() && !request.cookie_session.empty();
    std::string const& id = by_cookie ? request.cookie_session : request.bearer;
    if (id.empty()) { return fail(http_errc::unauthenticated); }
    auto const user_id = api.sessions.find(id);
    if (!user_id) { return fail(http_errc::unauthenticated); }
    if (by_cookie && request.method != "GET" && !is_same_origin(request)) { return fail(http_errc::wrong_origin); }
    auto user = api.store.user(*user_id);
    if (!user) { return user.error(); }
    if (!*user || !(*user)->is_active) { return fail(http_errc::unauthenticated); }
    Caller caller;
    caller.user = **user;
    caller.session = id;
    caller.subject = Subject{caller.user.id, caller.user.role, caller.user.organization};
    if (!request.acting_in.empty()) {
        auto const wanted = number_in(request.acting_in);
        if (!wanted) { return fail(cloud_errc::not_found); }
        auto const relation = relation_to(api, caller.subject, OrganizationId{*wanted});
        if (!relation) { return relation.error(); }
        bool const may_switch =
            *relation == Relation::same || (*relation == Relation::descendant && caller.user.role == Role::admin);
        if (!may_switch) { return fail(cloud_errc::not_found); }
        caller.subject.acting_in = OrganizationId{*wanted};
    }
    return caller;
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
    return number_in(parameters[index]).value_or(0);
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

boost::asio::awaitable<ApiResponse> answer(Call& call) {
    ApiRequest const& request = call.request;
    if (!request.path.starts_with(k_api_prefix)) { co_return problem(fail(http_errc::no_route)); }
    std::string_view const path = std::string_view(request.path).substr(k_api_prefix.size());
    bool knows_path = false;
    for (Route const& route : routes()) {
        if (!fits(route.path, path, call.parameters)) { continue; }
        knows_path = true;
        if (route.method != request.method) { continue; }
        if (route.needs_session) {
            auto caller = caller_of(call.api, request);
            if (!caller) { co_return problem(caller.error()); }
            call.caller = std::move(*caller);
        }
        ApiResponse response = co_await route.handler(call);
        co_return response;
    }
    co_return problem(fail(knows_path ? http_errc::wrong_method : http_errc::no_route));
}

result<Relation> relation_to(Api& api, Subject const& subject, OrganizationId other) {
    if (!other.valid()) { return Relation::none; }
    if (other == subject.acting_in) { return Relation::same; }
    auto const above_other = api.store.ancestry(other);
    if (!above_other) { return above_other.error(); }
    for (Organization const& organization : *above_other) {
        if (organization.id == subject.acting_in) { return Relation::descendant; }
    }
    auto const above_subject = api.store.ancestry(subject.acting_in);
    if (!above_subject) { return above_subject.error(); }
    for (Organization const& organization : *above_subject) {
        if (organization.id == other) { return Relation::ancestor; }
    }
    return Relation::none;
}

result<Object> object_of(Api& api, Caller const& caller, Token const& token) {
    Object object;
    auto const origin = relation_to(api, caller.subject, token.origin);
    if (!origin) { return origin.error(); }
    auto const holder = relation_to(api, caller.subject, token.holder);
    if (!holder) { return holder.error(); }
    object.origin = *origin;
    object.holder = *holder;
    object.is_owner = token.owner.valid() && token.owner == caller.user.id;
    object.state = token.state;
    return object;
}

error_code refusal(Caller const& caller, Verb verb, Object const& object) {
    switch (may(caller.subject, verb, object)) {
        case Verdict::allowed: return {};
        case Verdict::forbidden: return cloud_errc::forbidden;
        case Verdict::hidden: return cloud_errc::not_found;
    }
    DRYDOCK_UNREACHABLE();
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

boost::asio::awaitable<result<Token>> change_token(Call& call, TokenId id, std::string verb, Decide decide,
                                                   Extend extend) {
    Api& api = call.api;
    for (unsigned tries = 0; tries < k_decide_tries_max; ++tries) {
        auto const before = api.store.token(id);
        if (!before) { co_return before.error(); }
        if (!*before) { co_return fail(cloud_errc::not_found); }
        Token const& token = **before;
        auto const decision = decide(token);
        if (!decision) { co_return decision.error(); }
        if (!decision->update) { co_return token; }
        if (!call.request.if_match.empty() && call.request.if_match != "\"" + std::to_string(token.epoch) + "\"") {
            co_return fail(cloud_errc::stale_epoch);
        }
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
        if (fate == SessionFate::rehome) { api.live.rehome(id, update.epoch, update.holder); }
        if (fate == SessionFate::kick || fate == SessionFate::kick_for_good) { api.live.kick(id, update.epoch); }
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

}  // namespace drydock
