// A verb that can be run: its specification and the code behind it, paired in the one explicit
// table of rig/verbs.
#pragma once

#include "rig/run/outcome.h"
#include "rig/run/stage.h"
#include "rig/scenario/verb_spec.h"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace drydock::rig {

// A step that says something the checker could not see to be wrong (an unknown token id, …):
// the scenario is at fault, not the product.
class StepError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// What a verb is given. Parameters are interpolated already.
class StepContext {
public:
    StepContext(Stage& stage, Step const& step, Value::Map with) : stage_(stage), step_(step), with_(std::move(with)) {}

    [[nodiscard]] Stage& stage() const { return stage_; }
    [[nodiscard]] Bench& bench() const { return stage_.bench(); }
    [[nodiscard]] std::string const& by() const { return step_.by; }
    // The parameter's text; throws StepError when it is missing.
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::string text(std::string_view name, std::string fallback) const;
    [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t fallback) const;
    [[nodiscard]] bool truth(std::string_view name) const;
    [[nodiscard]] Duration duration(std::string_view name) const;
    [[nodiscard]] Value const* value(std::string_view name) const;
    // Who acts; throw StepError when the step's `by` is nobody of that kind.
    [[nodiscard]] Person& caller() const;
    [[nodiscard]] DeviceActor& device() const;
    // The device a parameter names.
    [[nodiscard]] DeviceActor& device(std::string_view parameter) const;

private:
    Stage& stage_;
    Step const& step_;
    Value::Map with_;
};

using RunVerb = awaitable<Outcome> (*)(StepContext context);

struct Verb {
    VerbSpec spec;
    RunVerb run = nullptr;
};

}  // namespace drydock::rig
