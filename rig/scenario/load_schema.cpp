#include "rig/scenario/load_schema.h"

#include "rig/scenario/link_reader.h"
#include "rig/scenario/load_words.h"

#include <boost/json.hpp>

#include <string>
#include <utility>

namespace drydock::rig {

namespace {

namespace json = boost::json;

json::object matching(std::string const& pattern) { return {{"type", "string"}, {"pattern", "^" + pattern + "$"}}; }

std::string const k_number = "[0-9]+(\\.[0-9]+)?";

json::object time() { return matching(k_number + "(ns|us|ms|s|m|min|h|d)"); }
json::object rate() { return matching(k_number + "/(s|m|min|h)"); }
json::object share() { return matching(k_number + "%"); }
json::object byte_rate() { return matching(k_number + "[kMG]?bit/s"); }
json::object count() { return {{"type", "integer"}, {"minimum", 1}}; }
json::object text() { return {{"type", "string"}}; }
json::object boolean() { return {{"type", "boolean"}}; }
json::object number_or_text() { return {{"type", json::array{"string", "number"}}}; }

json::object closed(json::object properties, json::array required = {}) {
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) { schema["required"] = std::move(required); }
    return schema;
}

json::object list_of(json::object item, unsigned least = 0) {
    json::object schema{{"type", "array"}, {"items", std::move(item)}};
    if (least != 0) { schema["minItems"] = least; }
    return schema;
}

json::object map_of(json::object item, unsigned least = 0) {
    json::object schema{{"type", "object"}, {"additionalProperties", std::move(item)}};
    if (least != 0) { schema["minProperties"] = least; }
    return schema;
}

json::object any_of(json::array choices) { return {{"anyOf", std::move(choices)}}; }

template <class T>
json::object one_word(std::span<Word<T> const> words) {
    json::array names;
    for (Word<T> const& word : words) { names.emplace_back(word.name); }
    return {{"enum", std::move(names)}};
}

// One word for everybody, or words with shares or weights.
template <class T>
json::object shares(std::span<Word<T> const> words) {
    json::object weights;
    for (Word<T> const& word : words) {
        json::object weight = any_of({share(), count()});
        weight["description"] = word.doc;
        weights[word.name] = std::move(weight);
    }
    json::object several = closed(std::move(weights));
    several["minProperties"] = 1;
    return any_of({one_word(words), std::move(several)});
}

json::object link() {
    json::object spread = any_of({time(), closed({{"p50", time()}, {"p95", time()}}, {"p50", "p95"})});
    json::array names;
    for (LinkProfile const& built_in : built_in_links()) { names.emplace_back(built_in.name); }
    json::object properties{{"like", json::object{{"enum", std::move(names)}}},
                            {"rtt", spread},
                            {"attach", spread},
                            {"up", byte_rate()},
                            {"down", byte_rate()},
                            {"loss", share()},
                            {"retransmit", time()},
                            {"nat_idle", time()},
                            {"psm", closed({{"awake", time()}, {"sleep", time()}}, {"awake", "sleep"})},
                            {"metered", boolean()}};
    return closed(std::move(properties));
}

json::object population() {
    json::object properties{{"count", count()},
                            {"link", text()},
                            {"families", shares(family_words())},
                            {"tempers", shares(temper_words())},
                            {"tokens", one_word(fate_words())},
                            {"preclaimed", share()},
                            {"tls", any_of({boolean(), closed({{"resume", share()}})})},
                            {"heartbeat", time()}};
    return closed(std::move(properties), {"count", "link"});
}

json::object activity() {
    json::object walk = list_of({{"type", "number"}});
    walk["minItems"] = 2;
    walk["maxItems"] = 2;
    json::object value = closed({{"walk", std::move(walk)}}, {"walk"});
    json::object with = closed({{"pin", matching("V[0-9]+")}, {"value", std::move(value)}}, {"pin", "value"});
    json::object properties{
        {"do", one_word(activity_words())}, {"every", time()}, {"jitter", share()}, {"with", std::move(with)}};
    return closed(std::move(properties), {"do", "every"});
}

json::object phase() {
    json::object step = closed({{"rate", rate()}, {"for", time()}}, {"rate", "for"});
    json::object arrive = closed({{"from", rate()},
                                  {"to", rate()},
                                  {"burst", count()},
                                  {"spacing", json::object{{"enum", json::array{"even", "poisson"}}}},
                                  {"steps", list_of(std::move(step), 1)}});
    json::object properties{{"name", text()},
                            {"for", time()},
                            {"arrive", std::move(arrive)},
                            {"hold", boolean()},
                            {"leave", any_of({json::object{{"const", "all"}}, rate()})}};
    return closed(std::move(properties), {"name"});
}

json::object event(EventSpec const& spec) {
    json::object with;
    json::array needed;
    if (!spec.target.empty()) {
        with["target"] = json::object{{"const", spec.target}};
        with["kind"] = json::object{{"const", spec.kind}};
        needed.emplace_back("target");
    }
    if (spec.share != Needed::no) { with["share"] = share(); }
    if (!spec.count.empty()) {
        with[spec.count] = count();
        needed.emplace_back(spec.count);
    }
    if (spec.users != Needed::no) { with["users"] = count(); }
    json::object properties{
        {"at", text()}, {"do", json::object{{"const", spec.verb}}}, {"with", closed(std::move(with), needed)}};
    json::array required{"at", "do"};
    if (!needed.empty()) { required.emplace_back("with"); }
    if (spec.lasts != Needed::no) { properties["for"] = time(); }
    if (spec.lasts == Needed::yes) { required.emplace_back("for"); }
    json::object schema = closed(std::move(properties), std::move(required));
    schema["description"] = spec.doc;
    return schema;
}

json::object threshold() {
    json::array metrics;
    for (load::Metric const& metric : load::all_metrics()) { metrics.emplace_back(metric.name); }
    json::object properties{{"metric", json::object{{"enum", std::move(metrics)}}},
                            {"agg", matching("(p[0-9]+(\\.[0-9]+)?|max|min|mean|sum|share)")},
                            {"within", time()},
                            {"abort_after", time()},
                            {"severity", json::object{{"enum", json::array{"must", "should"}}}},
                            {"phase", text()},
                            {"link", text()}};
    for (std::string_view side : {"le", "ge", "lt", "gt"}) { properties[side] = number_or_text(); }
    return closed(std::move(properties), {"metric"});
}

}  // namespace

json::object load_properties() {
    json::array events;
    for (EventSpec const& spec : event_specs()) { events.push_back(event(spec)); }
    json::object sample = closed({{"full_evidence", count()}, {"on_failure", count()}});
    return {{"clock", json::object{{"enum", json::array{"wall", "virtual"}}}},
            {"links", map_of(link())},
            {"population", map_of(population(), 1)},
            {"session", list_of(activity())},
            {"phases", list_of(phase(), 1)},
            {"events", list_of(any_of(std::move(events)))},
            {"thresholds", list_of(threshold(), 1)},
            {"sample", std::move(sample)}};
}

}  // namespace drydock::rig
