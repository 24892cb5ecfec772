#include "rig/run/verb.h"

#include "rig/scenario/units.h"

#include <charconv>

namespace drydock::rig {

Value const* StepContext::value(std::string_view name) const {
    for (auto const& [key, found] : with_) {
        if (key == name) { return &found; }
    }
    return nullptr;
}

std::string StepContext::text(std::string_view name) const {
    auto const* found = value(name);
    if (found == nullptr || found->text() == nullptr) {
        throw StepError("the step needs '" + std::string(name) + "' as text");
    }
    return *found->text();
}

std::string StepContext::text(std::string_view name, std::string fallback) const {
    auto const* found = value(name);
    return found == nullptr || found->text() == nullptr ? fallback : *found->text();
}

std::uint64_t StepContext::number(std::string_view name, std::uint64_t fallback) const {
    auto const* found = value(name);
    if (found == nullptr || found->text() == nullptr) { return fallback; }
    std::uint64_t parsed = 0;
    std::string const& text = *found->text();
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw StepError("'" + std::string(name) + "' is no number: " + stage_.redacted(text));
    }
    return parsed;
}

bool StepContext::truth(std::string_view name) const { return text(name, "false") == "true"; }

Duration StepContext::duration(std::string_view name) const {
    auto const parsed = parse_duration(text(name));
    if (!parsed) { throw StepError("'" + std::string(name) + "' is no duration such as 500ms, 5s or 2m"); }
    return *parsed;
}

Person& StepContext::caller() const {
    auto* person = stage_.caller(step_.by);
    if (person == nullptr) { throw StepError("'" + step_.by + "' is nobody who can call the cloud"); }
    return *person;
}

DeviceActor& StepContext::device() const {
    auto* device = stage_.device(step_.by);
    if (device == nullptr) { throw StepError("'" + step_.by + "' is no device"); }
    return *device;
}

DeviceActor& StepContext::device(std::string_view parameter) const {
    std::string const name = text(parameter);
    auto* device = stage_.device(name);
    if (device == nullptr) { throw StepError("'" + name + "' is no device of this scenario"); }
    return *device;
}

}  // namespace drydock::rig
