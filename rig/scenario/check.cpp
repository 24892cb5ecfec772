#include "rig/scenario/check.h"

#include "rig/scenario/actor_words.h"
#include "rig/scenario/diagnostics.h"
#include "rig/scenario/interpolate.h"
#include "rig/scenario/result_names.h"

#include <algorithm>
#include <map>
#include <set>

namespace drydock::rig {

namespace {

// Where a variable has its value from. Without a verb nobody knows what is in it.
struct Source {
    VerbSpec const* verb = nullptr;
    std::string path;
};

class Checker {
public:
    Checker(Scenario const& scenario, Known const& known) : scenario_(scenario), known_(known) {
        for (auto const& [name, value] : scenario.variables) { constants_.insert(name); }
        for (Actor const& actor : scenario.actors) {
            actor_names_.push_back(actor.name);
            for (std::string const& name : words_of(actor.kind).observables) {
                if (actor.has_kind) { observables_.push_back(actor.name + "." + name); }
            }
        }
        for (VerbSpec const& verb : known.verbs) { verb_names_.emplace_back(verb.name); }
    }

    std::vector<Diagnostic> run() {
        for (std::string const& id : scenario_.covers) { requirement(id, {1, 1}); }
        for (std::string const& bench : scenario_.benches) {
            if (!contains(known_.benches, bench)) {
                complain({1, 1}, "no bench is called '" + bench + "'", did_you_mean(bench, known_.benches));
            }
        }
        for (Actor const& actor : scenario_.actors) { employer(actor); }
        blocks(scenario_.steps);
        blocks(scenario_.teardown);
        return std::move(diagnostics_);
    }

private:
    static bool contains(std::vector<std::string> const& list, std::string const& word) {
        return std::find(list.begin(), list.end(), word) != list.end();
    }
    void complain(Position at, std::string message, std::string hint) {
        diagnostics_.push_back({scenario_.file, at, std::move(message), std::move(hint)});
    }
    void requirement(std::string const& id, Position at) {
        if (contains(known_.requirements, id)) { return; }
        complain(at, "no requirement is called '" + id + "'", did_you_mean(id, known_.requirements));
    }

    void blocks(std::vector<Block> const& list) {
        for (Block const& block : list) {
            if (auto const* one = std::get_if<Step>(&block.what)) {
                step(*one);
            } else if (auto const* split = std::get_if<Parallel>(&block.what)) {
                for (auto const& branch : split->branches) { blocks(branch); }
            } else {
                blocks(std::get<Repeat>(block.what).steps);
            }
        }
    }

    void employer(Actor const& actor) {
        for (auto const& [name, value] : actor.options) {
            if (name != "under" || value.text() == nullptr) { continue; }
            auto const* above = actor_called(*value.text());
            if (above == nullptr || (above->has_kind && above->kind != ActorKind::organization)) {
                complain(value.at, "no organization is called '" + *value.text() + "'",
                         did_you_mean(*value.text(), actor_names_));
            }
        }
    }

    [[nodiscard]] Actor const* actor_called(std::string const& name) const {
        for (Actor const& actor : scenario_.actors) {
            if (actor.name == name) { return &actor; }
        }
        return nullptr;
    }

    [[nodiscard]] VerbSpec const* verb_called(std::string const& name) const {
        for (VerbSpec const& verb : known_.verbs) {
            if (verb.name == name) { return &verb; }
        }
        return nullptr;
    }

    void step(Step const& step) {
        if (!step.id.empty() && !ids_.insert(step.id).second) {
            complain(step.at, "two steps are called '" + step.id + "'", "give each its own id");
        }
        for (std::string const& id : step.covers) { requirement(id, step.at); }
        Actor const* const actor = who(step);
        if (!step.verb.empty()) { verb(step, actor); }
        for (auto const& [name, value] : step.with) { uses(value); }
        VerbSpec const* const spec = verb_called(step.verb);
        for (Condition const& condition : step.expect) { expectation(condition, step, spec); }
        if (step.eventually) { conditions(step.eventually->that); }
        if (step.never) { conditions(step.never->that); }
        for (Saving const& saving : step.save) {
            bool const is_sound = spec != nullptr && naming(spec->results, saving.path) != Naming::nothing;
            variables_[saving.variable].push_back(Source{is_sound ? spec : nullptr, saving.path});
        }
        if (step.verb.empty() && !step.save.empty()) {
            complain(step.save.front().at, "there is nothing to save without a verb", "add 'do:'");
        }
    }

    Actor const* who(Step const& step) {
        if (step.by.empty()) { return nullptr; }
        if (auto const* actor = actor_called(step.by)) { return actor; }
        complain(step.at, "no actor is called '" + step.by + "'", did_you_mean(step.by, actor_names_));
        return nullptr;
    }

    void verb(Step const& step, Actor const* actor) {
        VerbSpec const* const found = verb_called(step.verb);
        if (found == nullptr) {
            return complain(step.at, "no verb is called '" + step.verb + "'", did_you_mean(step.verb, verb_names_));
        }
        if (!found->actors.empty() && step.by.empty()) {
            complain(step.at, "'" + step.verb + "' needs somebody to do it", "add 'by:'");
        }
        if (actor != nullptr && actor->has_kind && !found->actors.empty() &&
            std::find(found->actors.begin(), found->actors.end(), actor->kind) == found->actors.end()) {
            complain(step.at, "'" + actor->name + "' cannot do '" + step.verb + "'",
                     "actors of another kind do this: see the verb reference");
        }
        parameters(step, *found);
        saves(step, *found);
        if (step.expect_error && !found->errors.empty()) {
            std::vector<std::string> const errors(found->errors.begin(), found->errors.end());
            if (!contains(errors, *step.expect_error)) {
                complain(step.at, "'" + step.verb + "' is never refused with '" + *step.expect_error + "'",
                         did_you_mean(*step.expect_error, errors));
            }
        }
    }

    void parameters(Step const& step, VerbSpec const& spec) {
        std::vector<std::string> names;
        names.reserve(spec.parameters.size());
        for (ParameterSpec const& parameter : spec.parameters) { names.emplace_back(parameter.name); }
        for (auto const& [name, value] : step.with) {
            if (!contains(names, name)) {
                complain(value.key_at, "'" + step.verb + "' has no parameter '" + name + "'",
                         did_you_mean(name, names));
                continue;
            }
            auto const& parameter = *std::find_if(spec.parameters.begin(), spec.parameters.end(),
                                                  [&](auto const& one) { return one.name == name; });
            bool const is_actor = parameter.type == ParameterType::actor && value.text() != nullptr &&
                                  value.text()->find("${") == std::string::npos;
            if (is_actor && !contains(actor_names_, *value.text())) {
                complain(value.at, "no actor is called '" + *value.text() + "'",
                         did_you_mean(*value.text(), actor_names_));
            }
        }
        for (ParameterSpec const& parameter : spec.parameters) {
            bool const is_given = std::any_of(step.with.begin(), step.with.end(),
                                              [&](auto const& row) { return row.first == parameter.name; });
            if (parameter.is_required && !is_given) {
                complain(step.at, "'" + step.verb + "' needs '" + std::string(parameter.name) + "'",
                         std::string(parameter.doc));
            }
        }
    }

    void saves(Step const& step, VerbSpec const& spec) {
        for (Saving const& saving : step.save) {
            if (naming(spec.results, saving.path) != Naming::nothing) { continue; }
            complain(saving.at, "'" + step.verb + "' gives no '" + saving.path + "'",
                     way_to(saving.path, names_like(spec.results, saving.path)));
        }
    }

    // `expect:` names a result of the verb, or something to look at.
    void expectation(Condition const& condition, Step const& step, VerbSpec const* spec) {
        uses(condition.matcher);
        if (actor_called(condition.path.substr(0, condition.path.find('.'))) != nullptr || step.verb.empty()) {
            if (spec == nullptr || naming(spec->results, condition.path) != Naming::value) { look(condition); }
            return;
        }
        if (spec == nullptr) { return; }  // the verb was complained about
        Naming const found = naming(spec->results, condition.path);
        if (found == Naming::value) { return; }
        auto known = names_like(spec->results, condition.path);
        if (found == Naming::group) {
            return complain(condition.matcher.key_at, "'" + condition.path + "' holds several results",
                            "name one of them, as the verb reference does");
        }
        known.insert(known.end(), observables_.begin(), observables_.end());
        complain(condition.matcher.key_at, "'" + step.verb + "' gives no '" + condition.path + "'",
                 did_you_mean(condition.path, known));
    }

    void conditions(std::vector<Condition> const& list) {
        for (Condition const& condition : list) {
            look(condition);
            uses(condition.matcher);
        }
    }

    // "box.online": an actor, and what can be looked at in one of its kind.
    void look(Condition const& condition) {
        auto const dot = condition.path.find('.');
        std::string const name = condition.path.substr(0, dot);
        std::string const what = dot == std::string::npos ? "" : condition.path.substr(dot + 1);
        Actor const* const actor = actor_called(name);
        if (actor == nullptr) {
            return complain(condition.matcher.key_at, "'" + condition.path + "' looks at nobody",
                            did_you_mean(condition.path, observables_));
        }
        if (!actor->has_kind) { return; }
        ActorWords const& words = words_of(actor->kind);
        if (contains(words.observables, what)) { return; }
        if (words.observables.empty()) {
            return complain(condition.matcher.key_at, "nothing can be looked at in an actor of kind " + words.name,
                            "only devices can: box.online, box.owner, …");
        }
        complain(condition.matcher.key_at, "'" + name + "' has no '" + what + "' to look at",
                 way_to(what, words.observables));
    }

    // Variables are saved whole ("t") and used in part ("t.auth").
    void uses(Value const& value) {
        for (std::string const& name : references(value)) {
            if (constants_.contains(name)) { continue; }
            auto const dot = name.find('.');
            auto const whole = variables_.find(name);
            auto const found = whole != variables_.end() ? whole : variables_.find(name.substr(0, dot));
            if (found == variables_.end()) {
                complain(value.at, "nothing was saved as '" + name + "' before this", did_you_mean(name, usable()));
                continue;
            }
            std::string const rest = whole != variables_.end() || dot == std::string::npos ? "" : name.substr(dot);
            bool const is_there = std::any_of(found->second.begin(), found->second.end(), [&](Source const& source) {
                return source.verb == nullptr || naming(source.verb->results, source.path + rest) == Naming::value;
            });
            if (is_there) { continue; }
            complain(value.at, "what was saved as '" + found->first + "' has no value '${" + name + "}'",
                     way_to(name, parts_of(found->first)));
        }
    }

    [[nodiscard]] std::vector<std::string> usable() const {
        std::vector<std::string> names(constants_.begin(), constants_.end());
        for (auto const& [name, sources] : variables_) { names.push_back(name); }
        return names;
    }

    // The names of the values in a variable: "t.id", "t.auth".
    [[nodiscard]] std::vector<std::string> parts_of(std::string const& variable) const {
        std::vector<std::string> names;
        for (Source const& source : variables_.at(variable)) {
            if (source.verb == nullptr) { continue; }
            std::string const any_part = source.path + ".x.x.x";
            for (std::string const& name : names_like(source.verb->results, any_part)) {
                if (naming(source.verb->results, name) != Naming::value) { continue; }
                if (name == source.path) { names.push_back(variable); }
                if (name.starts_with(source.path + ".")) {
                    names.push_back(variable + name.substr(source.path.size()));
                }
            }
        }
        return names;
    }

    Scenario const& scenario_;
    Known const& known_;
    std::vector<Diagnostic> diagnostics_;
    std::set<std::string> ids_;
    std::set<std::string> constants_;                       // `vars`
    std::map<std::string, std::vector<Source>> variables_;  // saved so far
    std::vector<std::string> observables_;                  // "box.online", …
    std::vector<std::string> actor_names_;
    std::vector<std::string> verb_names_;
};

}  // namespace

std::vector<Diagnostic> check(Scenario const& scenario, Known const& known) { return Checker(scenario, known).run(); }

}  // namespace drydock::rig
