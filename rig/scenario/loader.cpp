#include "rig/scenario/loader.h"

#include "rig/scenario/actor_words.h"
#include "rig/scenario/diagnostics.h"
#include "rig/scenario/field_reader.h"
#include "rig/scenario/interpolate.h"
#include "rig/scenario/load_loader.h"
#include "rig/scenario/matcher.h"
#include "rig/scenario/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace drydock::rig {

namespace {

constexpr std::size_t k_repeat_max = 100'000;
constexpr std::uint64_t k_heartbeat_max = 86'400;

std::vector<std::string> const k_head_keys{"drydock", "id",   "title", "kind",   "tags",  "covers",  "benches",
                                           "timeout", "seed", "vars",  "actors", "steps", "teardown"};
std::vector<std::string> const k_step_keys{"id",     "by",           "do",     "with",       "save",
                                           "expect", "expect_error", "accept", "eventually", "never",
                                           "covers", "timeout",      "soft",   "note"};
std::vector<std::string> const k_flow_keys{"vars", "actors", "steps", "teardown"};
std::vector<std::string> const k_scenario_kinds{"flow", "load", "conformance", "eol", "soak"};

std::optional<std::uint64_t> whole_number(std::string const& text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
    return value;
}

class Loader : private FieldReader {
public:
    using FieldReader::FieldReader;

    Scenario head(Value const& root, std::string file) {
        Scenario scenario;
        scenario.file = std::move(file);
        auto const* map = root.map();
        if (map == nullptr) {
            complain(root.at, "a scenario is a map", "begin with 'drydock: 1'");
            return scenario;
        }
        if (root.find("drydock") == nullptr) { complain(root.at, "'drydock' is missing", "begin with 'drydock: 1'"); }
        if (root.find("id") == nullptr) { complain(root.at, "'id' is missing", "give the scenario a dotted name"); }
        auto const* kind = root.find("kind");
        bool const is_load = kind != nullptr && kind->text() != nullptr && *kind->text() == "load";
        if (!is_load && root.find("steps") == nullptr) {
            complain(root.at, "'steps' is missing", "a scenario does something");
        }
        for (auto const& [key, value] : *map) {
            if (is_load) {
                load_head_entry(key, value, scenario);
            } else {
                head_entry(key, value, scenario);
            }
        }
        if (scenario.title.empty()) { scenario.title = scenario.id; }
        if (is_load) { read_load(*this, root, scenario); }
        return scenario;
    }

private:
    // What only load scenarios have is read afterwards, as a whole.
    void load_head_entry(std::string const& key, Value const& value, Scenario& scenario) {
        auto const is_among = [&](std::vector<std::string> const& keys) {
            return std::find(keys.begin(), keys.end(), key) != keys.end();
        };
        if (is_among(load_head_keys())) { return; }
        if (is_among(k_flow_keys)) {
            return complain(value.key_at, "'" + key + "' does not belong in a load scenario",
                            "devices do what session says, and events happen meanwhile");
        }
        if (is_among(k_head_keys)) { return head_entry(key, value, scenario); }
        auto known = load_head_keys();
        known.insert(known.end(), k_head_keys.begin(), k_head_keys.end());
        complain(value.key_at, "the key '" + key + "' is unknown",
                 key == "fixtures" ? "each run has a fresh server of its own: leave it out" : did_you_mean(key, known));
    }

    void head_entry(std::string const& key, Value const& value, Scenario& scenario) {
        if (key == "drydock") {
            if (text(value, key) != "1") {
                complain(value.at, "this language version is unknown", "write 'drydock: 1'");
            }
        } else if (key == "id") {
            scenario.id = text(value, key);
        } else if (key == "title") {
            scenario.title = text(value, key);
        } else if (key == "kind") {
            kind(value, scenario);
        } else if (key == "tags") {
            scenario.tags = texts(value, key);
        } else if (key == "covers") {
            scenario.covers = texts(value, key);
        } else if (key == "benches") {
            scenario.benches = texts(value, key);
        } else if (key == "timeout") {
            scenario.timeout = duration(value, key);
        } else if (key == "seed") {
            scenario.seed = whole_number(text(value, key));
            if (!scenario.seed) { complain(value.at, "'seed' is no whole number", ""); }
        } else if (key == "vars") {
            variables(value, scenario);
        } else if (key == "actors") {
            actors(value, scenario);
        } else if (key == "steps") {
            scenario.steps = blocks(value);
        } else if (key == "teardown") {
            scenario.teardown = blocks(value);
        } else {
            auto const& others = load_head_keys();
            bool const is_of_loads = std::find(others.begin(), others.end(), key) != others.end();
            complain(value.key_at, "the key '" + key + "' is unknown",
                     is_of_loads ? "it belongs to scenarios with kind: load" : did_you_mean(key, k_head_keys));
        }
    }

    void kind(Value const& value, Scenario& scenario) {
        scenario.kind = text(value, "kind");
        auto const& known = k_scenario_kinds;
        if (value.text() == nullptr || std::find(known.begin(), known.end(), scenario.kind) != known.end()) { return; }
        complain(value.at, "no kind of scenario is called '" + scenario.kind + "'",
                 way_to(scenario.kind, k_scenario_kinds));
    }

    void variables(Value const& value, Scenario& scenario) {
        if (value.map() == nullptr) { return complain(value.at, "'vars' must be a map", "write name: value"); }
        for (auto const& [name, item] : *value.map()) { scenario.variables.emplace_back(name, text(item, name)); }
    }

    void actors(Value const& value, Scenario& scenario) {
        if (value.map() == nullptr) {
            return complain(value.at, "'actors' must be a map", "write name: {kind: device}");
        }
        for (auto const& [name, item] : *value.map()) {
            Actor actor;
            actor.name = name;
            actor.at = item.at;
            auto const* words = item.map() == nullptr ? nullptr : actor_kind(name, item);
            actor.has_kind = words != nullptr;
            if (words != nullptr) {
                actor.kind = words->kind;
                actor.options = *item.map();
                actor_options(item, *words);
            }
            scenario.actors.push_back(std::move(actor));
            if (item.map() == nullptr) { complain(item.at, "the actor '" + name + "' is no map", "write {kind: …}"); }
        }
    }

    ActorWords const* actor_kind(std::string const& name, Value const& item) {
        auto const kinds = actor_kind_names();
        auto const* kind = item.find("kind");
        if (kind == nullptr || kind->text() == nullptr) {
            complain(item.at, "the actor '" + name + "' has no kind", "write {kind: org|user|device|station|attacker}");
            return nullptr;
        }
        auto const* words = actor_words_of(*kind->text());
        if (words == nullptr) {
            complain(kind->at, "the kind '" + *kind->text() + "' is unknown", did_you_mean(*kind->text(), kinds));
        }
        return words;
    }

    void actor_options(Value const& item, ActorWords const& words) {
        std::vector<std::string> keys{"kind"};
        for (ActorOption const& option : words.options) { keys.push_back(option.name); }
        check_keys(item, "in an actor of kind " + words.name, keys);
        for (ActorOption const& option : words.options) {
            auto const* value = item.find(option.name);
            if (value == nullptr) { continue; }
            if (option.name == "fields") {
                texts(*value, option.name);
            } else if (option.name == "heartbeat_seconds") {
                auto const seconds = whole_number(text(*value, option.name));
                if (value->text() != nullptr && (!seconds || *seconds == 0 || *seconds > k_heartbeat_max)) {
                    complain(value->at, "'heartbeat_seconds' is no whole number from 1 to 86400", "write 10");
                }
            } else {
                one_of(text(*value, option.name), option.name, option.values, value->at);
            }
        }
    }

    // Complains unless the word is one of those, or none is given, or it was no text at all.
    void one_of(std::string const& word, std::string_view what, std::vector<std::string> const& words, Position at) {
        if (word.empty() || words.empty() || std::find(words.begin(), words.end(), word) != words.end()) { return; }
        complain(at, "'" + std::string(what) + "' cannot be '" + word + "'", way_to(word, words));
    }

    std::vector<Block> blocks(Value const& value) {
        std::vector<Block> out;
        auto const* list = value.list();
        if (list == nullptr) {
            complain(value.at, "steps must be a list", "begin each with '- '");
            return out;
        }
        for (Value const& item : *list) {
            if (item.map() == nullptr) {
                complain(item.at, "a step must be a map", "write {id: …, by: …, do: …}");
            } else if (auto const* split = item.find("parallel")) {
                check_keys(item, "beside 'parallel'", {"parallel"});
                out.push_back(Block{parallel(*split)});
            } else if (auto const* again = item.find("repeat")) {
                check_keys(item, "beside 'repeat'", {"repeat"});
                out.push_back(Block{repeat(*again)});
            } else {
                out.push_back(Block{step(item)});
            }
        }
        return out;
    }

    Parallel parallel(Value const& value) {
        Parallel block;
        auto const* branches = value.find("branches");
        if (branches == nullptr || branches->list() == nullptr || branches->list()->empty()) {
            complain(value.at, "'parallel' needs branches", "write {join: all, branches: [[…], […]]}");
            return block;
        }
        check_keys(value, "in 'parallel'", {"join", "branches"});
        if (auto const* join = value.find("join")) {
            std::string const word = text(*join, "join");
            one_of(word, "join", {"all", "first"}, join->at);
            block.joins_first = word == "first";
        }
        for (Value const& branch : *branches->list()) { block.branches.push_back(blocks(branch)); }
        return block;
    }

    Repeat repeat(Value const& value) {
        Repeat block;
        if (value.map() != nullptr) { check_keys(value, "in 'repeat'", {"times", "steps"}); }
        auto const* times = value.find("times");
        auto const* steps = value.find("steps");
        auto const count = times == nullptr || times->text() == nullptr ? std::nullopt : whole_number(*times->text());
        if (!count || *count == 0 || *count > k_repeat_max || steps == nullptr) {
            complain(value.at, "'repeat' needs times (1 to 100000) and steps", "write {times: 10, steps: […]}");
            return block;
        }
        block.times = *count;
        block.steps = blocks(*steps);
        return block;
    }

    Step step(Value const& value) {
        Step step;
        step.at = value.at;
        for (auto const& [key, item] : *value.map()) { step_entry(key, item, step); }
        if (step.id.empty()) { complain(value.at, "the step has no id", "give it one: the report names it so"); }
        if (step.verb.empty() && !step.eventually && !step.never && step.expect.empty()) {
            complain(value.at, "the step does nothing", "give it do, expect, eventually or never");
        }
        if (step.accepts_any && step.expect_error) {
            complain(value.at, "'accept: any' and 'expect_error' contradict each other", "keep one of them");
        }
        if (step.timeout && *step.timeout == Duration::zero()) {
            complain(value.find("timeout")->at, "a step cannot be done in no time", "write a time above zero");
        } else if (step.timeout && step.never && step.never->for_time >= *step.timeout) {
            complain(value.find("never")->at, "the step's timeout passes before 'never' is over", "give it more time");
        }
        return step;
    }

    void step_entry(std::string const& key, Value const& item, Step& step) {
        if (key == "id") {
            step.id = text(item, key);
        } else if (key == "by") {
            step.by = text(item, key);
        } else if (key == "do") {
            step.verb = text(item, key);
        } else if (key == "with") {
            if (item.map() == nullptr) { return complain(item.at, "'with' must be a map", "write {name: value}"); }
            step.with = *item.map();
        } else if (key == "save") {
            if (item.map() == nullptr) { return complain(item.at, "'save' must be a map", "write {variable: result}"); }
            for (auto const& [variable, path] : *item.map()) {
                step.save.push_back(Saving{variable, text(path, variable), path.at});
            }
        } else if (key == "expect") {
            step.expect = conditions(item);
        } else if (key == "expect_error") {
            if (item.map() != nullptr) { check_keys(item, "in 'expect_error'", {"code"}); }
            auto const* code = item.find("code");
            step.expect_error = text(code == nullptr ? item : *code, key);
        } else if (key == "accept") {
            one_of(text(item, key), key, {"any"}, item.at);
            step.accepts_any = true;
        } else if (key == "eventually") {
            timed(item, "within", [&](Duration time, std::vector<Condition> that) {
                step.eventually = Step::Eventually{time, std::move(that)};
            });
        } else if (key == "never") {
            timed(item, "for", [&](Duration time, std::vector<Condition> that) {
                step.never = Step::Never{time, std::move(that)};
            });
        } else if (key == "covers") {
            step.covers = texts(item, key);
        } else if (key == "timeout") {
            step.timeout = duration(item, key);
        } else if (key == "soft") {
            step.is_soft = boolean(item, key);
        } else if (key == "note") {
            step.note = text(item, key);
        } else {
            complain(item.key_at, "the key '" + key + "' is unknown in a step", did_you_mean(key, k_step_keys));
        }
    }

    template <class Take>
    void timed(Value const& value, std::string_view time_key, Take take) {
        auto const* time = value.find(time_key);
        auto const* that = value.find("that");
        if (time == nullptr || that == nullptr) {
            return complain(value.at, "'" + std::string(time_key) + "' and 'that' are needed here",
                            "write {" + std::string(time_key) + ": 5s, that: {box.online: true}}");
        }
        check_keys(value, "beside '" + std::string(time_key) + "'", {std::string(time_key), "that"});
        take(duration(*time, time_key), conditions(*that));
    }

    std::vector<Condition> conditions(Value const& value) {
        std::vector<Condition> out;
        if (value.map() == nullptr) {
            complain(value.at, "conditions must be a map", "write {path: value}");
            return out;
        }
        for (auto const& [path, matcher] : *value.map()) {
            if (auto const* map = matcher.map();
                map != nullptr && (map->size() != 1 || !is_operator(map->front().first))) {
                complain(matcher.at, "this is no matcher", "one of ne lt le gt ge matches contains one_of absent len");
            }
            auto const* pattern = matcher.find("matches");
            if (pattern != nullptr && references(*pattern).empty() &&
                (pattern->text() == nullptr || !is_pattern(*pattern->text()))) {
                complain(pattern->at, "this is no regular expression", "at most 256 characters, every bracket closed");
            }
            if (matcher.list() != nullptr) { complain(matcher.at, "a list is no matcher", "write {one_of: […]}"); }
            out.push_back({path, matcher});
        }
        return out;
    }
};

}  // namespace

Value const* Value::find(std::string_view key) const {
    auto const* members = map();
    if (members == nullptr) { return nullptr; }
    for (auto const& [name, value] : *members) {
        if (name == key) { return &value; }
    }
    return nullptr;
}

LoadResult load_scenario(std::string file, std::string_view text) {
    LoadResult loaded;
    auto const root = read_yaml(file, text, loaded.diagnostics);
    if (!root) { return loaded; }
    Loader loader(file, loaded.diagnostics);
    loaded.scenario = loader.head(*root, file);
    return loaded;
}

}  // namespace drydock::rig
