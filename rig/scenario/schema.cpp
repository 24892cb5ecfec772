#include "rig/scenario/schema.h"

#include "rig/scenario/actor_words.h"
#include "rig/scenario/load_schema.h"
#include "rig/scenario/load_words.h"
#include "sim/fleet/metrics.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace drydock::rig {

namespace {

namespace json = boost::json;

json::object type(std::string_view name) { return json::object{{"type", name}}; }

json::object verb_rule(VerbSpec const& verb) {
    json::object properties;
    json::array required;
    for (ParameterSpec const& parameter : verb.parameters) {
        properties[parameter.name] = json::object{{"description", parameter.doc}};
        if (parameter.is_required) { required.emplace_back(parameter.name); }
    }
    json::object with = type("object");
    with["properties"] = std::move(properties);
    with["additionalProperties"] = false;
    if (!required.empty()) { with["required"] = std::move(required); }
    json::object condition;
    condition["properties"] = json::object{{"do", json::object{{"const", verb.name}}}};
    condition["required"] = json::array{"do"};
    json::object then;
    then["properties"] = json::object{{"with", std::move(with)}};
    return json::object{{"if", std::move(condition)}, {"then", std::move(then)}};
}

// A map with these members and no others.
json::object closed(json::object properties, json::array required = {}) {
    json::object schema = type("object");
    schema["properties"] = std::move(properties);
    schema["additionalProperties"] = false;
    if (!required.empty()) { schema["required"] = std::move(required); }
    return schema;
}

json::object steps_schema() {
    return json::object{{"type", "array"}, {"items", json::object{{"$ref", "#/definitions/step"}}}};
}

json::object timed_schema(std::string_view time) {
    json::object properties;
    properties[time] = type("string");
    properties["that"] = type("object");
    return closed(std::move(properties), {time, "that"});
}

json::object parallel_schema() {
    json::object properties;
    properties["join"] = json::object{{"enum", json::array{"all", "first"}}};
    properties["branches"] = json::object{{"type", "array"}, {"minItems", 1}, {"items", steps_schema()}};
    return closed(std::move(properties), {"branches"});
}

json::object repeat_schema() {
    json::object times{{"type", "integer"}, {"minimum", 1}, {"maximum", 100000}};
    return closed(json::object{{"times", std::move(times)}, {"steps", steps_schema()}}, {"times", "steps"});
}

json::object option_schema(ActorOption const& option) {
    if (option.name == "fields") { return json::object{{"type", "array"}, {"items", type("string")}}; }
    if (option.name == "heartbeat_seconds") { return type("integer"); }
    json::object schema = type("string");
    json::array values(option.values.begin(), option.values.end());
    if (!values.empty()) { schema["enum"] = std::move(values); }
    return schema;
}

json::object actor_schema() {
    json::array names;
    json::array rules;
    for (ActorWords const& words : actor_words()) {
        names.emplace_back(words.name);
        json::object properties{{"kind", json::object{{"const", words.name}}}};
        for (ActorOption const& option : words.options) { properties[option.name] = option_schema(option); }
        json::object condition;
        condition["properties"] = json::object{{"kind", json::object{{"const", words.name}}}};
        json::object rule;
        rule["if"] = std::move(condition);
        rule["then"] = closed(std::move(properties));
        rules.push_back(std::move(rule));
    }
    json::object actor = type("object");
    actor["properties"] = json::object{{"kind", json::object{{"enum", std::move(names)}}}};
    actor["required"] = json::array{"kind"};
    actor["allOf"] = std::move(rules);
    return actor;
}

json::object step_schema(std::span<VerbSpec const> verbs) {
    json::array names;
    json::array rules;
    for (VerbSpec const& verb : verbs) {
        names.emplace_back(verb.name);
        rules.push_back(verb_rule(verb));
    }
    json::object properties;
    for (std::string_view const name : {"id", "by", "note", "timeout"}) { properties[name] = type("string"); }
    properties["do"] = json::object{{"enum", std::move(names)}};
    properties["with"] = type("object");
    properties["save"] = json::object{{"type", "object"}, {"additionalProperties", type("string")}};
    properties["expect"] = type("object");
    properties["eventually"] = timed_schema("within");
    properties["never"] = timed_schema("for");
    properties["parallel"] = parallel_schema();
    properties["repeat"] = repeat_schema();
    properties["covers"] = json::object{{"type", "array"}, {"items", type("string")}};
    json::array refusal{type("string"), closed(json::object{{"code", type("string")}}, {"code"})};
    properties["expect_error"] = json::object{{"anyOf", std::move(refusal)}};
    properties["accept"] = json::object{{"const", "any"}};
    properties["soft"] = type("boolean");
    json::object step = type("object");
    step["properties"] = std::move(properties);
    step["additionalProperties"] = false;
    step["allOf"] = std::move(rules);
    return step;
}

// What every scenario may say of itself.
json::object head_properties() {
    json::object texts{{"type", "array"}, {"items", type("string")}};
    json::object properties;
    properties["drydock"] = json::object{{"const", 1}};
    for (std::string_view const name : {"id", "title", "timeout"}) { properties[name] = type("string"); }
    for (std::string_view const name : {"tags", "covers", "benches"}) { properties[name] = texts; }
    properties["seed"] = type("integer");
    return properties;
}

json::object scenario_of(json::object properties, json::array required) {
    json::object schema = type("object");
    schema["required"] = std::move(required);
    schema["properties"] = std::move(properties);
    schema["additionalProperties"] = false;
    return schema;
}

json::object flow_schema() {
    json::object properties = head_properties();
    properties["kind"] = json::object{{"enum", json::array{"flow", "conformance", "eol", "soak"}}};
    properties["vars"] = type("object");
    properties["actors"] = json::object{{"type", "object"}, {"additionalProperties", actor_schema()}};
    properties["steps"] = steps_schema();
    properties["teardown"] = steps_schema();
    return scenario_of(std::move(properties), {"drydock", "id", "steps"});
}

json::object load_schema() {
    json::object properties = head_properties();
    properties["kind"] = json::object{{"const", "load"}};
    for (auto& [name, schema] : load_properties()) { properties[name] = std::move(schema); }
    return scenario_of(std::move(properties), {"drydock", "id", "kind", "population", "phases", "thresholds"});
}

// What may stand under `events` of a load scenario.
std::string event_reference() {
    std::string out =
        "\n# Events of load scenarios\n\n"
        "`- {at: hold+30s, do: claim.burst, with: {devices: 200, users: 50}}`, under `events`. `share` is a part of\n"
        "the fleet like 40%, all of it unless told; `users` share the devices, one for each unless told.\n\n"
        "| `do` | `with` | `for` | what happens |\n|---|---|---|---|\n";
    for (EventSpec const& spec : event_specs()) {
        std::vector<std::string> with;
        if (!spec.target.empty()) { with.push_back(fmt::format("`target: {}`, `kind: {}`", spec.target, spec.kind)); }
        if (spec.share != Needed::no) { with.emplace_back("`share`"); }
        if (!spec.count.empty()) { with.push_back(fmt::format("`{}` (needed)", spec.count)); }
        if (spec.users != Needed::no) { with.emplace_back("`users`"); }
        out += fmt::format("| `{}` | {} | {} | {} |\n", spec.verb, fmt::join(with, ", "),
                           spec.lasts == Needed::no ? "" : "needed", spec.doc);
    }
    return out;
}

}  // namespace

std::string scenario_schema(std::span<VerbSpec const> verbs) {
    json::object if_load;
    if_load["properties"] = json::object{{"kind", json::object{{"const", "load"}}}};
    if_load["required"] = json::array{"kind"};
    json::object schema;
    schema["$schema"] = "http://json-schema.org/draft-07/schema#";
    schema["title"] = "Drydock scenario, language version 1";
    schema["type"] = "object";
    schema["if"] = std::move(if_load);
    schema["then"] = json::object{{"$ref", "#/definitions/load"}};
    schema["else"] = json::object{{"$ref", "#/definitions/flow"}};
    schema["definitions"] =
        json::object{{"flow", flow_schema()}, {"load", load_schema()}, {"step", step_schema(verbs)}};
    return json::serialize(schema);
}

std::string verb_reference(std::span<VerbSpec const> verbs) {
    std::string out = "# Verbs\n\nIn names of results `N` is a number and `*` any name. ";
    out += "A path that names several (`tokens.0`) saves them all.\n";
    for (ActorWords const& words : actor_words()) {
        if (words.observables.empty()) { continue; }
        out += "\nIn an actor of kind `" + words.name + "`, `expect` and `that` can look at";
        for (std::string const& name : words.observables) { out += " `" + name + "`"; }
        out += ".\n";
    }
    for (VerbSpec const& verb : verbs) {
        out += "\n## " + std::string(verb.name) + "\n\n" + std::string(verb.doc) + "\n";
        if (!verb.actors.empty()) {
            out += "\nBy:";
            for (ActorKind const kind : verb.actors) { out += " `" + words_of(kind).name + "`"; }
            out += "\n";
        }
        for (ParameterSpec const& parameter : verb.parameters) {
            out += "\n- `" + std::string(parameter.name) + "`" + (parameter.is_required ? " (needed)" : "") + ": " +
                   std::string(parameter.doc);
        }
        if (!verb.parameters.empty()) { out += "\n"; }
        auto const list = [&out](std::string_view title, std::vector<std::string_view> const& words) {
            if (words.empty()) { return; }
            out += "\n" + std::string(title);
            for (std::string_view word : words) { out += " `" + std::string(word) + "`"; }
            out += "\n";
        };
        list("Gives:", verb.results);
        list("Refused with:", verb.errors);
    }
    return out + event_reference();
}

std::string metric_reference() {
    std::string out =
        "# Metrics\n\n"
        "What the thresholds of a load scenario may look at: `{metric: auth.latency, agg: p99, le: 400ms}`.\n\n"
        "A threshold has one of `le`, `ge`, `lt` and `gt`, with a bound in the unit of its metric. `agg` says how\n"
        "all values become one; where it may be left out, the first named here is meant. `phase` and `link` look at\n"
        "a part of the run. What was not measured is never a pass. `within` belongs to `reconnect.recovered` only.\n\n"
        "| metric | what it is | bound | `agg` | of |\n|---|---|---|---|---|\n";
    for (load::Metric const& metric : load::all_metrics()) {
        out += "| `" + std::string(metric.name) + "` | " + std::string(metric.text) + " | " +
               std::string(load::bound_example(metric.kind)) + " | " +
               std::string(load::fitting_aggregations(metric.kind)) +
               (load::usual_aggregation(metric.kind) ? "" : "; needed") + " | " +
               (load::has_links(metric.kind) ? "phase, link" : "phase") + " |\n";
    }
    return out;
}

}  // namespace drydock::rig
