// Verbs of the bench itself: faults, time, raw requests, checks on saved values.
#include "rig/scenario/matcher.h"
#include "rig/verbs/answer.h"
#include "rig/verbs/table.h"
#include "server/base/spawn.h"

#include <boost/json.hpp>

#include <algorithm>

namespace drydock::rig {

namespace {

awaitable<Outcome> switch_fault(StepContext context, bool is_on) {
    if (context.text("target") != "server.store" || context.text("kind", "down") != "down") {
        throw StepError("the only fault there is yet is {target: server.store, kind: down}");
    }
    context.bench().set_store_down(is_on);
    // On sockets the signal needs a moment to arrive; a request that comes before it would see
    // the store as it was.
    Clock& clock = context.bench().loop().clock;
    Person& asker = *context.stage().maker().admin;
    TimePoint const give_up = clock.now() + std::chrono::seconds(5);
    while (clock.now() < give_up) {
        auto const health = co_await asker.call("GET", "/api/v1/health");
        if (health && (health->status == 503) == is_on) { break; }
        co_await sleep_until(clock, clock.now() + std::chrono::milliseconds(5));
    }
    co_return Outcome{};
}

awaitable<Outcome> fault_on(StepContext context) { return switch_fault(std::move(context), true); }
awaitable<Outcome> fault_off(StepContext context) { return switch_fault(std::move(context), false); }

awaitable<Outcome> pass(StepContext context) {
    Clock& clock = context.bench().loop().clock;
    co_await sleep_until(clock, clock.now() + context.duration("for"));
    co_return Outcome{};
}

awaitable<Outcome> send(StepContext context) {
    std::string body = context.text("body", "");
    std::uint64_t const repeat = context.number("repeat", 1);
    std::string whole;
    for (std::uint64_t i = 0; i < repeat; ++i) { whole += body; }
    auto stranger = context.stage().new_person();
    Person* const known = context.stage().caller(context.by());
    Person& who = known == nullptr ? *stranger : *known;
    auto const answer = co_await who.send_text(context.text("method", "GET"), context.text("path"),
                                               context.text("content_type", "application/json"), whole);
    if (!answer) { co_return Outcome::refused("no_answer", answer.error().message()); }
    Outcome outcome;
    outcome.add("status", std::to_string(answer->status));
    outcome.add("body_bytes", std::to_string(answer->body.size()));
    auto const* object = answer->json.if_object();
    auto const* error = object == nullptr ? nullptr : object->if_contains("error");
    outcome.add("error", error == nullptr ? "none" : member(*error, "code"));
    co_return outcome;
}

awaitable<Outcome> exactly_one(StepContext context) {
    auto const* of = context.value("of");
    if (of == nullptr || of->list() == nullptr) { throw StepError("'of' must be a list"); }
    std::string const wanted = context.text("is");
    auto const count = std::count_if(of->list()->begin(), of->list()->end(), [&](Value const& item) {
        return item.text() != nullptr && *item.text() == wanted;
    });
    if (count != 1) {
        co_return Outcome::refused("not_exactly_one", std::to_string(count) + " of them are '" + wanted + "'");
    }
    co_return Outcome{};
}

awaitable<Outcome> equal(StepContext context) {
    std::string const left = context.text("left");
    std::string const right = context.text("right");
    if (left != right) { co_return Outcome::refused("not_equal", "'" + left + "' is not '" + right + "'"); }
    co_return Outcome{};
}

}  // namespace

std::vector<Verb> bench_verbs() {
    using enum ParameterType;
    std::vector<ParameterSpec> const fault{{"target", text, true, "server.store"}, {"kind", text, false, "down"}};
    return {
        {{"fault.on", {}, fault, {}, {}, {}, "Break a part of the cloud."}, &fault_on},
        {{"fault.off", {}, fault, {}, {}, {}, "Mend it."}, &fault_off},
        {{"time.pass", {}, {{"for", ParameterType::duration, true, "How long."}}, {}, {}, {}, "Let time pass."}, &pass},
        {{"api.send",
          {ActorKind::user, ActorKind::organization, ActorKind::attacker},
          {{"method", text, false, "GET unless told."},
           {"path", text, true, "With its query."},
           {"body", text, false, "As it is."},
           {"repeat", number, false, "How often the body is repeated."},
           {"content_type", text, false, "application/json unless told."}},
          {"status", "error", "body_bytes"},
          {"no_answer"},
          {},
          "Send any request; an attacker is not signed in."},
         &send},
        {{"check.exactly_one",
          {},
          {{"of", ParameterType::list, true, "Saved values."}, {"is", text, true, "The value to find."}},
          {},
          {"not_exactly_one"},
          {},
          "Exactly one of the values is the one given."},
         &exactly_one},
        {{"check.equal",
          {},
          {{"left", text, true, "A value."}, {"right", text, true, "Another."}},
          {},
          {"not_equal"},
          {},
          "Two values are the same."},
         &equal},
    };
}

}  // namespace drydock::rig
