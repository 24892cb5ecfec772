// Who calls, and whether he may: the one place where the policy is asked.
#include "server/base/check.h"
#include "server/http/api.h"
#include "server/http/fields.h"
#include "server/http/problem.h"

#include <boost/json.hpp>

namespace drydock {

namespace {

// A browser's cookie is only good for its own site (A8).
bool is_same_origin(ApiRequest const& request) {
    return request.origin.empty() || request.origin == (request.is_tls ? "https://" : "http://") + request.host;
}

Object about(Relation organization) {
    Object object;
    object.organization = organization;
    return object;
}

}  // namespace

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
        auto const wanted = number_from(request.acting_in);
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
        case Verdict::gone: return cloud_errc::gone;
    }
    DRYDOCK_UNREACHABLE();
}

error_code refusal(Call& call, Rule const& rule) {
    if (rule.kind == Rule::Kind::open) { return {}; }
    if (rule.kind == Rule::Kind::refused) { return cloud_errc::forbidden; }
    auto caller = caller_of(call.api, call.request);
    if (!caller) { return caller.error(); }
    call.caller = std::move(*caller);
    if (rule.kind == Rule::Kind::signed_in) { return {}; }
    if (rule.object == nullptr) { return cloud_errc::forbidden; }
    call.verb = rule.verb;
    auto const object = rule.object(call);
    if (!object) { return object.error(); }
    return refusal(call.caller, rule.verb, *object);
}

result<Object> acted_in(Call&) {
    Object object = about(Relation::same);
    object.origin = Relation::same;
    return object;
}

result<Object> organization_of_path(Call& call) {
    auto const relation = relation_to(call.api, call.caller.subject, OrganizationId{call.id()});
    if (!relation) { return relation.error(); }
    return about(*relation);
}

result<Object> template_of_path(Call& call) {
    auto const found = call.api.store.template_by_id(TemplateId{call.id()});
    if (!found) { return found.error(); }
    if (!*found) { return fail(cloud_errc::not_found); }
    auto const relation = relation_to(call.api, call.caller.subject, (*found)->organization);
    if (!relation) { return relation.error(); }
    return about(*relation);
}

result<Object> token_of_path(Call& call) {
    auto found = call.api.store.token(TokenId{call.id()});
    if (!found) { return found.error(); }
    if (!*found) { return fail(cloud_errc::not_found); }
    call.token = std::move(**found);
    return object_of(call.api, call.caller, *call.token);
}

result<Object> nothing(Call&) { return Object{}; }

// A body that makes no sense is the handler's business, after it is known that the caller may call.
result<Object> organization_of_body(Call& call) {
    OrganizationId where = call.caller.subject.acting_in;
    error_code no_json;
    auto const body = boost::json::parse(call.request.body, no_json);
    if (!no_json && body.is_object()) {
        where.value = number_in(body.as_object(), "organization").value_or(where.value);
    }
    auto const relation = relation_to(call.api, call.caller.subject, where);
    if (!relation) { return relation.error(); }
    return about(*relation);
}

}  // namespace drydock
