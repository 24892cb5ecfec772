// Sign-in, organizations, users, templates.
#include "server/base/bytes.h"
#include "server/http/api.h"
#include "server/http/commit.h"
#include "server/http/fields.h"
#include "server/http/problem.h"

#include <boost/json.hpp>

#include <array>

namespace drydock {

namespace {

namespace json = boost::json;
using boost::asio::awaitable;

json::object user_json(User const& user) {
    constexpr std::array<std::string_view, 3> roles{"admin", "staff", "user"};
    json::object out;
    out["id"] = user.id.value;
    out["email"] = user.email;
    out["name"] = user.name;
    out["role"] = roles.at(static_cast<std::size_t>(user.role));
    out["organization"] = user.organization.value;
    return out;
}

json::object organization_json(Organization const& organization) {
    constexpr std::array<std::string_view, 3> plans{"free", "pro", "business"};
    json::object out;
    out["id"] = organization.id.value;
    out["parent"] = organization.parent.value;
    out["name"] = organization.name;
    out["plan"] = plans.at(static_cast<std::size_t>(organization.plan));
    return out;
}

awaitable<ApiResponse> sign_in(Call& call) {
    constexpr std::array<std::string_view, 3> members{"email", "password", "deliver"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    auto const email = text_in(*body, "email", 254);
    auto const password = text_in(*body, "password", 256);
    if (!email || !password) { co_return problem(fail(cloud_errc::invalid)); }
    Api& api = call.api;
    if (api.sign_in_failures.is_over(*email)) { co_return problem(fail(http_errc::too_many)); }
    auto const user = api.store.user_by_email(*email);
    if (!user) { co_return problem(user.error()); }
    // An unknown address costs the same work and gets the same answer.
    bool const is_known = user->has_value() && (*user)->is_active;
    bool fits = false;
    if (is_known) {
        auto const verified = co_await verify_password(api.loop, Secret(*password), (*user)->password_hash);
        if (!verified) { co_return problem(verified.error()); }
        fits = *verified == Truth::yes;
    } else {
        auto const wasted = co_await hash_password(api.loop, Secret(*password), api.options.password_cost);
        if (!wasted) { co_return problem(wasted.error()); }
    }
    if (!fits) {
        api.sign_in_failures.count(*email);
        co_return problem(fail(http_errc::unauthenticated));
    }
    std::string const session = api.sessions.open((*user)->id);
    json::object out;
    out["user"] = user_json(**user);
    bool const by_cookie = text_in(*body, "deliver", 16).value_or("cookie") != "bearer";
    if (!by_cookie) { out["session"] = session; }
    ApiResponse response = json_response(201, out);
    if (by_cookie) {
        response.headers.emplace_back("Set-Cookie",
                                      "__Host-drydock=" + session + "; Path=/; Secure; HttpOnly; SameSite=Strict");
    }
    co_return response;
}

awaitable<ApiResponse> sign_out(Call& call) {
    call.api.sessions.close(call.caller.session);
    ApiResponse response;
    response.status = 204;
    co_return response;
}

awaitable<ApiResponse> who_am_i(Call& call) {
    json::object out;
    out["user"] = user_json(call.caller.user);
    co_return json_response(200, out);
}

// The one acted in stands before the first page of those below.
awaitable<ApiResponse> list_organizations(Call& call) {
    OrganizationId const here = call.caller.subject.acting_in;
    auto const page = page_of(call.request);
    if (!page) { co_return problem(page.error()); }
    auto const own = call.api.store.organization(here);
    if (!own) { co_return problem(own.error()); }
    auto const below = call.api.store.children(here, *page);
    if (!below) { co_return problem(below.error()); }
    json::array content;
    if (*own && page->after == 0) { content.push_back(organization_json(**own)); }
    for (Organization const& organization : below->items) { content.push_back(organization_json(organization)); }
    co_return list_response(std::move(content), below->next);
}

awaitable<ApiResponse> show_organization(Call& call) {
    OrganizationId const id{call.id()};
    auto const found = call.api.store.organization(id);
    if (!found) { co_return problem(found.error()); }
    if (!*found) { co_return problem(fail(cloud_errc::not_found)); }
    co_return json_response(200, organization_json(**found));
}

std::optional<Plan> plan_from(std::string_view name) {
    if (name == "free") { return Plan::free; }
    if (name == "pro") { return Plan::pro; }
    if (name == "business") { return Plan::business; }
    return std::nullopt;
}

awaitable<ApiResponse> create_organization(Call& call) {
    constexpr std::array<std::string_view, 2> members{"name", "plan"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    OrganizationId const parent = call.caller.subject.acting_in;
    auto const name = text_in(*body, "name", 100);
    auto const plan = plan_from(text_in(*body, "plan", 16).value_or("pro"));
    if (!name || !plan) { co_return problem(fail(cloud_errc::invalid)); }
    auto const top = plan_holder(call.api, parent);
    if (!top) { co_return problem(top.error()); }
    Change change;
    change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
    change.guards.push_back(OrganizationAlive{parent});
    change.guards.push_back(OrganizationRoom{top->id, limits_of(top->plan).organizations});
    change.writes.push_back(NewOrganization{parent, *name, *plan});
    auto const made = co_await committed(call.api.store, std::move(change));
    if (!made) { co_return problem(made.error()); }
    co_return json_response(201,
                            organization_json(Organization{OrganizationId{made->ids.at(0)}, parent, *name, *plan}));
}

awaitable<ApiResponse> list_users(Call& call) {
    auto const page = page_of(call.request);
    if (!page) { co_return problem(page.error()); }
    auto const users = call.api.store.users_of(call.caller.subject.acting_in, *page);
    if (!users) { co_return problem(users.error()); }
    json::array content;
    for (User const& user : users->items) { content.push_back(user_json(user)); }
    co_return list_response(std::move(content), users->next);
}

std::optional<Role> role_from(std::string_view name) {
    if (name == "admin") { return Role::admin; }
    if (name == "staff") { return Role::staff; }
    if (name == "user") { return Role::user; }
    return std::nullopt;
}

awaitable<ApiResponse> create_user(Call& call) {
    constexpr std::array<std::string_view, 5> members{"email", "name", "role", "password", "organization"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    OrganizationId const where{number_in(*body, "organization").value_or(call.caller.subject.acting_in.value)};
    auto const email = text_in(*body, "email", 254);
    auto const name = text_in(*body, "name", 100);
    auto const role = role_from(text_in(*body, "role", 16).value_or("user"));
    auto const password = text_in(*body, "password", 256);
    bool const is_good =
        email && email->find('@') != std::string::npos && name && role && password && password->size() >= 12;
    if (!is_good) { co_return problem(fail(cloud_errc::invalid)); }
    auto const hash = co_await hash_password(call.api.loop, Secret(*password), call.api.options.password_cost);
    if (!hash) { co_return problem(hash.error()); }
    Change change;
    change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
    change.guards.push_back(OrganizationAlive{where});
    change.writes.push_back(NewUser{where, *email, *name, *role, *hash});
    auto const made = co_await committed(call.api.store, std::move(change));
    if (!made) { co_return problem(made.error()); }
    User user;
    user.id = UserId{made->ids.at(0)};
    user.organization = where;
    user.email = *email;
    user.name = *name;
    user.role = *role;
    co_return json_response(201, user_json(user));
}

json::object template_json(Template const& one) {
    json::object out;
    out["id"] = one.id.value;
    out["organization"] = one.organization.value;
    out["name"] = one.name;
    out["code"] = one.code;
    json::array fields;
    for (MetadataField const& field : one.fields) {
        json::object item;
        item["name"] = field.name;
        item["type"] = field.type == FieldType::number ? "number" : "text";
        fields.push_back(std::move(item));
    }
    out["fields"] = std::move(fields);
    return out;
}

awaitable<ApiResponse> list_templates(Call& call) {
    auto const page = page_of(call.request);
    if (!page) { co_return problem(page.error()); }
    auto const found = call.api.store.templates_of(call.caller.subject.acting_in, *page);
    if (!found) { co_return problem(found.error()); }
    json::array content;
    for (Template const& one : found->items) { content.push_back(template_json(one)); }
    co_return list_response(std::move(content), found->next);
}

std::optional<std::vector<MetadataField>> fields_in(json::object const& body) {
    std::vector<MetadataField> fields;
    auto const* list = body.if_contains("fields");
    if (list == nullptr) { return fields; }
    if (!list->is_array() || list->as_array().size() > 64) { return std::nullopt; }
    for (json::value const& item : list->as_array()) {
        if (!item.is_object()) { return std::nullopt; }
        auto const name = text_in(item.as_object(), "name", 100);
        auto const type = text_in(item.as_object(), "type", 16).value_or("text");
        // "Device Name" is built in and needs no field of its own (CSV-06).
        if (!name || name->empty() || *name == "Device Name" || (type != "text" && type != "number")) {
            return std::nullopt;
        }
        fields.push_back({*name, type == "number" ? FieldType::number : FieldType::text});
    }
    return fields;
}

awaitable<ApiResponse> create_template(Call& call) {
    constexpr std::array<std::string_view, 2> members{"name", "fields"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    OrganizationId const here = call.caller.subject.acting_in;
    auto const name = text_in(*body, "name", 100);
    auto fields = fields_in(*body);
    if (!name || !fields) { co_return problem(fail(cloud_errc::invalid)); }
    std::array<std::byte, 6> bytes{};
    call.api.loop.entropy.fill(bytes);
    Template made_template;
    made_template.organization = here;
    made_template.name = *name;
    made_template.code = "TMPL" + to_base64url(bytes);
    made_template.fields = *fields;
    Change change;
    change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
    change.guards.push_back(OrganizationAlive{here});
    change.writes.push_back(NewTemplate{here, *name, made_template.code, *fields});
    auto const made = co_await committed(call.api.store, std::move(change));
    if (!made) { co_return problem(made.error()); }
    made_template.id = TemplateId{made->ids.at(0)};
    co_return json_response(201, template_json(made_template));
}

awaitable<ApiResponse> show_template(Call& call) {
    auto const found = call.api.store.template_by_id(TemplateId{call.id()});
    if (!found) { co_return problem(found.error()); }
    if (!*found) { co_return problem(fail(cloud_errc::not_found)); }
    co_return json_response(200, template_json(**found));
}

}  // namespace

std::vector<Route> people_routes() {
    return {
        {"POST", "/sessions", k_open, &sign_in, "Sign in"},
        {"GET", "/sessions/current", k_signed_in, &who_am_i, "Who is signed in"},
        {"DELETE", "/sessions/current", k_signed_in, &sign_out, "Sign out"},
        {"GET", "/organizations", asks(Verb::see_organization, &acted_in), &list_organizations,
         "The organization acted in and those below", Shape::list},
        {"POST", "/organizations", asks(Verb::create_organization, &acted_in), &create_organization,
         "Create a sub-organization"},
        {"GET", "/organizations/{organization}", asks(Verb::see_organization, &organization_of_path),
         &show_organization, "One organization"},
        {"GET", "/users", asks(Verb::see_users, &acted_in), &list_users, "The users of the organization acted in",
         Shape::list},
        {"POST", "/users", asks(Verb::create_user, &organization_of_body), &create_user, "Create a user"},
        {"GET", "/templates", asks(Verb::see_templates, &acted_in), &list_templates,
         "The templates of the organization acted in", Shape::list},
        {"POST", "/templates", asks(Verb::create_template, &acted_in), &create_template, "Create a template"},
        {"GET", "/templates/{template}", asks(Verb::see_templates, &template_of_path), &show_template, "One template"},
    };
}

}  // namespace drydock
