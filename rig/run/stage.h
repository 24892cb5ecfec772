// The cast of one scenario on one bench: organizations, people with their phones, devices. Built
// through the product's own HTTP API, as a platform engineer would. Used on the bench's loop only.
#pragma once

#include "rig/bench/bench.h"
#include "rig/scenario/plan.h"
#include "sim/device/virtual_device.h"
#include "sim/phone/person.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

template <class T>
using awaitable = boost::asio::awaitable<T>;

struct OrganizationActor {
    std::uint64_t id = 0;
    std::uint64_t template_id = 0;
    std::unique_ptr<Person> admin;
};

struct PersonActor {
    std::uint64_t id = 0;
    std::string organization;  // the actor's or sub-organization's name
    std::unique_ptr<Person> person;
};

struct DeviceActor {
    std::unique_ptr<VirtualDevice> device;
    std::uint64_t token_id = 0;  // once a token was injected
};

class Stage {
public:
    Stage(Bench& bench, Scenario const& scenario);
    ~Stage();

    // Creates every actor. Throws InfrastructureError with what the cloud said.
    [[nodiscard]] awaitable<void> raise();
    // Devices off; nothing of the stage is called any more afterwards.
    void strike();

    [[nodiscard]] Bench& bench() { return bench_; }
    [[nodiscard]] std::map<std::string, std::string>& variables() { return variables_; }
    [[nodiscard]] OrganizationActor* organization(std::string const& name);
    [[nodiscard]] PersonActor* person(std::string const& name);
    [[nodiscard]] DeviceActor* device(std::string const& name);
    // Whoever acts over HTTP under this name: a person, or an organization's administrator.
    [[nodiscard]] Person* caller(std::string const& name);
    // The organization that mints: the one named, or the scenario's first.
    [[nodiscard]] OrganizationActor& maker(std::string const& name = {});
    // `count` customers of an organization of their own each, signed in; kept for the next call.
    [[nodiscard]] awaitable<std::vector<Person*>> crowd(std::size_t count);
    // The next crowd is of customers who did nothing yet; the ones before hang up.
    void dismiss_crowd();
    [[nodiscard]] std::unique_ptr<Person> new_person();

    // Remembers which token an AuthToken belongs to, and that the text must not be shown.
    void remember_token(std::uint64_t id, std::string const& auth, std::string const& qr, std::string const& printed);
    [[nodiscard]] std::uint64_t token_of(std::string const& auth) const;
    // The text with every known token replaced by its printed name.
    [[nodiscard]] std::string redacted(std::string text) const;
    // Pictures that label.print fetched, by the name it gave.
    [[nodiscard]] std::map<std::string, Bytes>& pictures() { return pictures_; }

    // What `that:` paths look at: "box.online", "box.org", … Nothing when there is no such thing.
    [[nodiscard]] awaitable<std::optional<std::string>> observe(std::string path);

private:
    awaitable<void> raise_organization(Actor actor);
    awaitable<void> raise_person(Actor actor);
    void raise_device(Actor const& actor);
    awaitable<std::uint64_t> sub_organization(std::string name, std::string under);
    awaitable<PersonActor> new_account(std::uint64_t organization, std::string name, std::string role, Person* by);
    [[nodiscard]] std::string organization_name(std::string const& id) const;
    [[nodiscard]] std::string person_name(std::string const& id) const;

    Bench& bench_;
    Scenario const& scenario_;
    std::unique_ptr<Person> root_;
    std::map<std::string, OrganizationActor> organizations_;
    std::map<std::string, std::uint64_t> sub_organizations_;
    std::map<std::string, PersonActor> people_;
    std::map<std::string, DeviceActor> devices_;
    std::vector<PersonActor> crowd_;
    std::size_t crowd_first_ = 0;  // who stands before was dismissed
    std::string first_maker_;
    std::map<std::string, std::string> variables_;
    std::map<std::string, std::string> shown_;  // secret text -> printed name
    std::map<std::string, std::uint64_t> token_by_auth_;
    std::map<std::string, Bytes> pictures_;
};

// The value of an actor's option as text, or the default.
[[nodiscard]] std::string option(Actor const& actor, std::string_view name, std::string fallback);

}  // namespace drydock::rig
