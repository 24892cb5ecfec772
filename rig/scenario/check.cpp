#include "rig/scenario/check.h"

#include "rig/scenario/diagnostics.h"
#include "rig/scenario/interpolate.h"

#include <algorithm>
#include <set>

namespace drydock::rig {

namespace {

class Checker {
public:
    Checker(Scenario const& scenario, Known const& known) : scenario_(scenario), known_(known) {
        for (auto const& [name, value] : scenario.variables) { variables_.insert(name); }
        for (Actor const& actor : scenario.actors) { actor_names_.push_back(actor.name); }
        for (VerbSpec const& verb : known.verbs) { verb_names_.emplace_back(verb.name); }
    }

    std::vector<Diagnostic> run() {
        for (std::string const& id : scenario_.covers) { requirement(id, {1, 1}); }
        for (std::string const& bench : scenario_.benches) {
            if (!contains(known_.benches, bench)) {
                complain({1, 1}, "no bench is called '" + bench + "'", did_you_mean(bench, known_.benches));
            }
        }
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

    void step(Step const& step) {
        if (!step.id.empty() && !ids_.insert(step.id).second) {
            complain(step.at, "two steps are called '" + step.id + "'", "give each its own id");
        }
        for (std::string const& id : step.covers) { requirement(id, step.at); }
        Actor const* const actor = who(step);
        if (!step.verb.empty()) { verb(step, actor); }
        for (auto const& [name, value] : step.with) { uses(value); }
        for (Condition const& condition : step.expect) { uses(condition.matcher); }
        if (step.eventually) { conditions(step, step.eventually->that); }
        if (step.never) { conditions(step, step.never->that); }
        for (auto const& [variable, path] : step.save) { variables_.insert(variable); }
    }

    Actor const* who(Step const& step) {
        if (step.by.empty()) { return nullptr; }
        for (Actor const& actor : scenario_.actors) {
            if (actor.name == step.by) { return &actor; }
        }
        complain(step.at, "no actor is called '" + step.by + "'", did_you_mean(step.by, actor_names_));
        return nullptr;
    }

    void verb(Step const& step, Actor const* actor) {
        auto const found = std::find_if(known_.verbs.begin(), known_.verbs.end(),
                                        [&](VerbSpec const& one) { return one.name == step.verb; });
        if (found == known_.verbs.end()) {
            return complain(step.at, "no verb is called '" + step.verb + "'", did_you_mean(step.verb, verb_names_));
        }
        if (!found->actors.empty() && step.by.empty()) {
            complain(step.at, "'" + step.verb + "' needs somebody to do it", "add 'by:'");
        }
        if (actor != nullptr && !found->actors.empty() &&
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
                complain(value.at, "'" + step.verb + "' has no parameter '" + name + "'", did_you_mean(name, names));
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
        std::vector<std::string> const results(spec.results.begin(), spec.results.end());
        for (auto const& [variable, path] : step.save) {
            if (!contains(results, path.substr(0, path.find('.')))) {
                complain(step.at, "'" + step.verb + "' gives no '" + path + "'", did_you_mean(path, results));
            }
        }
    }

    void conditions(Step const& step, std::vector<Condition> const& list) {
        for (Condition const& condition : list) {
            std::string const name = condition.path.substr(0, condition.path.find('.'));
            if (!contains(actor_names_, name)) {
                complain(condition.matcher.at, "'" + condition.path + "' looks at nobody",
                         did_you_mean(name, actor_names_));
            }
            uses(condition.matcher);
        }
        static_cast<void>(step);
    }

    // Variables are saved whole ("t") and used in part ("t.auth").
    void uses(Value const& value) {
        for (std::string const& name : references(value)) {
            if (variables_.contains(name) || variables_.contains(name.substr(0, name.find('.')))) { continue; }
            complain(value.at, "nothing was saved as '" + name + "' before this",
                     did_you_mean(name, {variables_.begin(), variables_.end()}));
        }
    }

    Scenario const& scenario_;
    Known const& known_;
    std::vector<Diagnostic> diagnostics_;
    std::set<std::string> ids_;
    std::set<std::string> variables_;
    std::vector<std::string> actor_names_;
    std::vector<std::string> verb_names_;
};

}  // namespace

std::vector<Diagnostic> check(Scenario const& scenario, Known const& known) { return Checker(scenario, known).run(); }

}  // namespace drydock::rig
