// Verbs of the customer: scanning, releasing, transferring, looking at devices.
#include "rig/verbs/answer.h"
#include "rig/verbs/table.h"
#include "server/base/spawn.h"
#include "sim/phone/qr_reader.h"

#include <boost/json.hpp>

#include <memory>

namespace drydock::rig {

namespace {

namespace json = boost::json;

// What the phone's camera sees: a picture by its name, or the text itself.
std::string scanned(StepContext const& context) {
    std::string const picture = context.text("picture", "");
    if (picture.empty()) { return context.text("code"); }
    auto const found = context.stage().pictures().find(picture);
    if (found == context.stage().pictures().end()) { throw StepError("nobody printed '" + picture + "'"); }
    auto const decoded = read_qr(found->second);
    if (!decoded) { throw StepError("the phone cannot read '" + picture + "': " + decoded.error().message()); }
    return *decoded;
}

awaitable<Outcome> scan(StepContext context) {
    json::value const body{{"code", scanned(context)}};
    auto const answer = co_await context.caller().call("POST", "/api/v1/claims", body);
    Outcome outcome = outcome_of(answer);
    outcome.add("outcome", outcome.is_refused() ? outcome.error : member(answer->json, "outcome"));
    co_return outcome;
}

struct Race {
    std::size_t left = 0;
    std::size_t winners = 0;
    std::size_t refused = 0;
    std::size_t other = 0;
    std::string winner_device;
};

awaitable<void> race_one(Person* person, std::string code, std::shared_ptr<Race> race) {
    json::value const body{{"code", code}};
    auto const answer = co_await person->call("POST", "/api/v1/claims", body);
    if (answer && answer->status == 200 && member(answer->json, "outcome") == "claimed") {
        ++race->winners;
        race->winner_device = member(answer->json.at("device"), "owner");
    } else if (answer && answer->status == 404) {
        ++race->refused;
    } else {
        ++race->other;
    }
    --race->left;
}

awaitable<Outcome> race(StepContext context) {
    std::size_t const count = context.number("users", 2);
    std::string const code = scanned(context);
    auto const people = co_await context.stage().crowd(count);
    auto race = std::make_shared<Race>();
    race->left = count;
    Loop& loop = context.bench().loop();
    for (Person* person : people) { spawn(loop.executor, "claim race", race_one(person, code, race)); }
    while (race->left > 0) { co_await sleep_until(loop.clock, loop.clock.now() + std::chrono::milliseconds(1)); }
    Outcome outcome;
    outcome.add("winners", std::to_string(race->winners));
    outcome.add("refused", std::to_string(race->refused));
    outcome.add("other", std::to_string(race->other));
    outcome.add("winner", race->winner_device);
    co_return outcome;
}

awaitable<Outcome> dismiss(StepContext context) {
    context.stage().dismiss_crowd();
    co_return Outcome();
}

std::string device_path(StepContext const& context, std::string_view rest = {}) {
    return "/api/v1/devices/" + std::to_string(context.device("device").token_id) + std::string(rest);
}

awaitable<Outcome> release(StepContext context) {
    auto const answer = co_await context.caller().call("DELETE", device_path(context));
    co_return outcome_of(answer);
}

awaitable<Outcome> transfer(StepContext context) {
    std::string const to = context.text("to");
    auto* target = context.stage().person(to);
    if (target == nullptr) { throw StepError("'" + to + "' is no user of this scenario"); }
    json::value const body{{"user", target->id}};
    auto const answer = co_await context.caller().call("POST", device_path(context, "/transfer"), body);
    co_return outcome_of(answer);
}

awaitable<Outcome> rename(StepContext context) {
    json::value const body{{"name", context.text("name")}};
    auto const answer = co_await context.caller().call("PATCH", device_path(context), body);
    co_return outcome_of(answer);
}

awaitable<Outcome> look(StepContext context) {
    auto const answer = co_await context.caller().call("GET", device_path(context));
    Outcome outcome = outcome_of(answer);
    if (outcome.is_refused()) { co_return outcome; }
    for (std::string_view const name : {"name", "status", "online", "epoch"}) {
        outcome.add(std::string(name), member(answer->json, name));
    }
    auto const& values = answer->json.at("values").as_object();
    outcome.add("values", std::to_string(values.size()));
    for (auto const& [pin, value] : values) { outcome.add("value." + std::string(pin), value.as_string().c_str()); }
    for (auto const& [name, value] : answer->json.at("metadata").as_object()) {
        outcome.add("meta." + std::string(name), value.as_string().c_str());
    }
    co_return outcome;
}

awaitable<Outcome> list_devices(StepContext context) {
    auto const answer = co_await context.caller().call("GET", "/api/v1/devices");
    Outcome outcome = outcome_of(answer);
    if (outcome.is_refused()) { co_return outcome; }
    std::string names;
    auto const& content = answer->json.at("content").as_array();
    for (json::value const& device : content) { names += (names.empty() ? "" : ", ") + member(device, "name"); }
    outcome.add("count", std::to_string(content.size()));
    outcome.add("names", names);
    co_return outcome;
}

ParameterSpec const k_device{"device", ParameterType::actor, true, "The device."};

}  // namespace

// Scanning, alone and at one instant with others.
std::vector<Verb> claim_verbs() {
    using enum ParameterType;
    std::vector<ActorKind> const people{ActorKind::user, ActorKind::organization};
    ParameterSpec const code{"code", text, false, "The scanned text."};
    ParameterSpec const picture{"picture", text, false, "A picture from label.print; the phone decodes it."};
    return {
        {{"claim.scan",
          people,
          {code, picture},
          {"outcome"},
          {"cannot_be_claimed", "not_a_token_code", "over_limit", "forbidden", "too_many", "unavailable"},
          {},
          "Scan a QR code with the phone and claim the device."},
         &scan},
        {{"claim.race",
          {},
          {code, picture, {"users", number, false, "How many customers; 2 unless told."}},
          {"winners", "refused", "other", "winner"},
          {},
          {},
          "Many customers scan the same code at one instant."},
         &race},
        {{"claim.dismiss",
          {},
          {},
          {},
          {},
          {},
          "The customers of the races so far leave; the next race has new ones, whom no limit knows."},
         &dismiss},
    };
}

// What an owner does with a device.
std::vector<Verb> owner_verbs() {
    using enum ParameterType;
    std::vector<ActorKind> const people{ActorKind::user, ActorKind::organization};
    std::vector<std::string_view> const refusals{"forbidden", "not_found", "conflict", "stale_epoch", "unavailable"};
    return {
        {{"device.release", people, {k_device}, {}, refusals, {}, "Delete the device from the account (E18)."},
         &release},
        {{"device.transfer",
          people,
          {k_device, {"to", actor, true, "The user who shall own it."}},
          {},
          {"forbidden", "not_found", "conflict", "target_not_active", "invalid", "over_limit", "unavailable"},
          {},
          "Give the device to another user (E21)."},
         &transfer},
        {{"device.rename",
          people,
          {k_device, {"name", text, true, "The new name."}},
          {},
          refusals,
          {},
          "Name the device."},
         &rename},
        {{"device.look",
          people,
          {k_device},
          {"name", "status", "online", "epoch", "values", "value.*", "meta.*"},
          refusals,
          {},
          "Open the device's page: name, state, metadata, last values."},
         &look},
        {{"device.list",
          people,
          {},
          {"count", "names"},
          refusals,
          {},
          "List the devices of the caller's organization."},
         &list_devices},
    };
}

}  // namespace drydock::rig
