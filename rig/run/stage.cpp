#include "rig/run/stage.h"

#include "server/base/check.h"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace drydock::rig {

namespace {

namespace json = boost::json;

// Long enough for every bench; the accounts live as long as the bench's cloud.
constexpr std::string_view k_password = "correct horse battery staple";

json::value expect_created(Result const& answer, std::string const& what) {
    if (!answer) { throw InfrastructureError(what + ": " + answer.error().message()); }
    if (answer->status >= 300) {
        throw InfrastructureError(what + ": the cloud answered " + std::to_string(answer->status) + " " +
                                  json::serialize(answer->json));
    }
    return answer->json;
}

std::uint64_t id_in(json::value const& object) { return object.at("id").to_number<std::uint64_t>(); }

std::string text_of(json::value const& value) {
    if (value.is_string()) { return std::string(value.as_string()); }
    return json::serialize(value);
}

std::string field(json::value const& object, std::string_view name) {
    auto const* found = object.as_object().if_contains(name);
    return found == nullptr || found->is_null() ? "none" : text_of(*found);
}

std::string refusal_text(DeviceView const& view) {
    if (view.last_status == 9) { return "invalid_token"; }
    if (view.last_status == 0 || view.last_status == 200) { return "none"; }
    return "status_" + std::to_string(view.last_status);
}

std::optional<std::string> seen_by_device(DeviceView const& view, std::string_view what) {
    if (what == "connection") { return std::string(to_text(view.connection)); }
    if (what == "refusal") { return refusal_text(view); }
    if (what == "logins") { return std::to_string(view.logins); }
    if (what == "connects") { return std::to_string(view.connects); }
    if (what == "closes") { return std::to_string(view.unexpected_closes); }
    return std::nullopt;
}

}  // namespace

std::string option(Actor const& actor, std::string_view name, std::string fallback) {
    for (auto const& [key, value] : actor.options) {
        if (key == name && value.text() != nullptr) { return *value.text(); }
    }
    return fallback;
}

Stage::Stage(Bench& bench, Scenario const& scenario) : bench_(bench), scenario_(scenario) {
    variables_.insert(scenario.variables.begin(), scenario.variables.end());
}

Stage::~Stage() { strike(); }

void Stage::strike() {
    for (auto& [name, device] : devices_) { device.device->power_off(); }
}

std::unique_ptr<Person> Stage::new_person() {
    Target const target = bench_.target();
    return std::make_unique<Person>(bench_.loop(), bench_.dialer(), target.address, target.tls, target.tls_host);
}

awaitable<void> Stage::raise() {
    root_ = new_person();
    auto const signed_in = co_await root_->sign_in("admin@localhost", bench_.setup_password().reveal());
    expect_created(signed_in, "the root administrator cannot sign in");
    for (Actor const& actor : scenario_.actors) {
        if (actor.kind == ActorKind::organization) { co_await raise_organization(actor); }
    }
    for (Actor const& actor : scenario_.actors) {
        if (actor.kind == ActorKind::user) { co_await raise_person(actor); }
        if (actor.kind == ActorKind::device) { raise_device(actor); }
    }
}

awaitable<void> Stage::raise_organization(Actor actor) {
    json::value const body{{"name", actor.name}, {"plan", option(actor, "plan", "business")}};
    auto const made = co_await root_->call("POST", "/api/v1/organizations", body);
    std::uint64_t const id = id_in(expect_created(made, "organization " + actor.name));
    PersonActor admin = co_await new_account(id, actor.name + "-admin", "admin", root_.get());
    json::array fields;
    for (auto const& [key, value] : actor.options) {
        if (key != "fields" || value.list() == nullptr) { continue; }
        for (Value const& name : *value.list()) {
            if (name.text() != nullptr) { fields.push_back(json::value{{"name", *name.text()}, {"type", "text"}}); }
        }
    }
    json::object wanted;
    wanted["name"] = option(actor, "template", "standard");
    wanted["fields"] = std::move(fields);
    json::value const template_body(std::move(wanted));
    auto const with_template = co_await admin.person->call("POST", "/api/v1/templates", template_body);
    OrganizationActor organization;
    organization.id = id;
    organization.template_id = id_in(expect_created(with_template, "template of " + actor.name));
    organization.admin = std::move(admin.person);
    organizations_[actor.name] = std::move(organization);
    if (first_maker_.empty()) { first_maker_ = actor.name; }
}

awaitable<std::uint64_t> Stage::sub_organization(std::string name, std::string under) {
    auto const known = sub_organizations_.find(name);
    if (known != sub_organizations_.end()) { co_return known->second; }
    json::value const body{{"name", name}, {"plan", "pro"}};
    auto const made = co_await maker(under).admin->call("POST", "/api/v1/organizations", body);
    std::uint64_t const id = id_in(expect_created(made, "sub-organization " + name));
    sub_organizations_[name] = id;
    co_return id;
}

awaitable<PersonActor> Stage::new_account(std::uint64_t organization, std::string name, std::string role, Person* by) {
    std::string const email = name + "@drydock.example";
    json::value const body{
        {"email", email}, {"name", name}, {"role", role}, {"password", k_password}, {"organization", organization}};
    auto const made = co_await by->call("POST", "/api/v1/users", body);
    PersonActor account;
    account.id = id_in(expect_created(made, "account " + name));
    account.person = new_person();
    auto const signed_in = co_await account.person->sign_in(email, std::string(k_password));
    expect_created(signed_in, name + " cannot sign in");
    co_return account;
}

awaitable<void> Stage::raise_person(Actor actor) {
    std::string const where = option(actor, "org", actor.name + "-home");
    std::string const under = option(actor, "under", first_maker_);
    std::string const role = option(actor, "role", "user");
    std::uint64_t organization_id = 0;
    auto const top = organizations_.find(where);
    if (top != organizations_.end()) {
        organization_id = top->second.id;
    } else {
        organization_id = co_await sub_organization(where, under);
    }
    PersonActor account = co_await new_account(organization_id, actor.name, role, maker(under).admin.get());
    account.organization = where;
    people_[actor.name] = std::move(account);
}

void Stage::raise_device(Actor const& actor) {
    Target const target = bench_.target();
    DeviceOptions options;
    options.name = actor.name;
    options.address = target.address;
    options.tls = target.tls;
    options.tls_host = target.tls_host;
    options.heartbeat = std::chrono::seconds(std::stoul(option(actor, "heartbeat_seconds", "10")));
    auto const family = family_from(option(actor, "family", "modern"));
    if (!family) { throw InfrastructureError("device " + actor.name + " has an unknown client family"); }
    options.family = *family;
    DeviceActor device;
    device.device =
        std::make_unique<VirtualDevice>(bench_.loop(), bench_.dialer(), bench_.events(), std::move(options));
    devices_[actor.name] = std::move(device);
}

awaitable<std::vector<Person*>> Stage::crowd(std::size_t count) {
    while (crowd_.size() < crowd_first_ + count) {
        std::string const name = "customer-" + std::to_string(crowd_.size() + 1);
        std::uint64_t const home = co_await sub_organization(name + "-home", first_maker_);
        PersonActor account = co_await new_account(home, name, "user", maker().admin.get());
        account.organization = name + "-home";
        crowd_.push_back(std::move(account));
    }
    std::vector<Person*> people;
    for (std::size_t i = 0; i < count; ++i) { people.push_back(crowd_[crowd_first_ + i].person.get()); }
    co_return people;
}

void Stage::dismiss_crowd() {
    for (; crowd_first_ < crowd_.size(); ++crowd_first_) { crowd_[crowd_first_].person.reset(); }
}

OrganizationActor* Stage::organization(std::string const& name) {
    auto const found = organizations_.find(name);
    return found == organizations_.end() ? nullptr : &found->second;
}

PersonActor* Stage::person(std::string const& name) {
    auto const found = people_.find(name);
    return found == people_.end() ? nullptr : &found->second;
}

DeviceActor* Stage::device(std::string const& name) {
    auto const found = devices_.find(name);
    return found == devices_.end() ? nullptr : &found->second;
}

Person* Stage::caller(std::string const& name) {
    if (auto* one = person(name)) { return one->person.get(); }
    if (auto* one = organization(name)) { return one->admin.get(); }
    return nullptr;
}

OrganizationActor& Stage::maker(std::string const& name) {
    auto* found = organization(name.empty() ? first_maker_ : name);
    if (found == nullptr) { throw InfrastructureError("the scenario has no organization '" + name + "'"); }
    return *found;
}

void Stage::remember_token(std::uint64_t id, std::string const& auth, std::string const& qr,
                           std::string const& printed) {
    token_by_auth_[auth] = id;
    shown_[auth] = printed;
    shown_[qr] = "qr of " + printed;
    shown_[qr.substr(0, qr.find('+'))] = "qr of " + printed;
}

std::uint64_t Stage::token_of(std::string const& auth) const {
    auto const found = token_by_auth_.find(auth);
    return found == token_by_auth_.end() ? 0 : found->second;
}

std::string Stage::redacted(std::string text) const {
    // Longer secrets first: a QR text contains its token.
    std::vector<std::pair<std::string, std::string>> secrets(shown_.begin(), shown_.end());
    std::sort(secrets.begin(), secrets.end(),
              [](auto const& a, auto const& b) { return a.first.size() > b.first.size(); });
    for (auto const& [secret, printed] : secrets) {
        for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret)) {
            text.replace(at, secret.size(), printed);
        }
    }
    return text;
}

std::string Stage::organization_name(std::string const& id) const {
    for (auto const& [name, organization] : organizations_) {
        if (std::to_string(organization.id) == id) { return name; }
    }
    for (auto const& [name, number] : sub_organizations_) {
        if (std::to_string(number) == id) { return name; }
    }
    return id;
}

std::string Stage::person_name(std::string const& id) const {
    for (auto const& [name, account] : people_) {
        if (std::to_string(account.id) == id) { return name; }
    }
    for (std::size_t i = 0; i < crowd_.size(); ++i) {
        if (std::to_string(crowd_[i].id) == id) { return "customer-" + std::to_string(i + 1); }
    }
    return id;
}

awaitable<std::optional<std::string>> Stage::observe(std::string path) {
    auto const dot = path.find('.');
    std::string const name = path.substr(0, dot);
    std::string const what = dot == std::string::npos ? std::string() : path.substr(dot + 1);
    DeviceActor* const actor = device(name);
    if (actor == nullptr) { co_return std::nullopt; }
    if (auto seen = seen_by_device(actor->device->view(), what)) { co_return seen; }
    if (actor->token_id == 0) { co_return std::nullopt; }
    auto const answer = co_await root_->call("GET", "/api/v1/tokens/" + std::to_string(actor->token_id));
    if (!answer || answer->status >= 500) { co_return "unknown"; }
    if (answer->status == 404) {
        if (what == "state") { co_return "deleted"; }
        if (what == "online") { co_return "false"; }
        co_return "none";
    }
    json::value const& token = answer->json;
    if (what == "org") { co_return organization_name(field(token, "holder")); }
    if (what == "owner") { co_return person_name(field(token, "owner")); }
    if (what == "claim") { co_return field(token, "status") == "CLAIMED" ? "claimed" : "unclaimed"; }
    auto const* found = token.as_object().if_contains(what);
    if (found == nullptr) { co_return std::nullopt; }
    co_return text_of(*found);
}

}  // namespace drydock::rig
