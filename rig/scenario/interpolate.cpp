#include "rig/scenario/interpolate.h"

namespace drydock::rig {

std::optional<std::string> interpolate(std::string_view text,
                                       std::function<std::optional<std::string>(std::string_view)> const& look_up) {
    std::string out;
    for (;;) {
        auto const open = text.find("${");
        out += text.substr(0, open);
        if (open == std::string_view::npos) { return out; }
        auto const close = text.find('}', open);
        if (close == std::string_view::npos) { return std::nullopt; }
        auto const value = look_up(text.substr(open + 2, close - open - 2));
        if (!value) { return std::nullopt; }
        out += *value;
        text.remove_prefix(close + 1);
    }
}

std::vector<std::string> references(Value const& value) {
    std::vector<std::string> names;
    if (auto const* text = value.text()) {
        std::string_view rest = *text;
        for (auto open = rest.find("${"); open != std::string_view::npos; open = rest.find("${")) {
            auto const close = rest.find('}', open);
            if (close == std::string_view::npos) { break; }
            names.emplace_back(rest.substr(open + 2, close - open - 2));
            rest.remove_prefix(close + 1);
        }
        return names;
    }
    auto const collect = [&names](Value const& inner) {
        for (auto& name : references(inner)) { names.push_back(std::move(name)); }
    };
    if (auto const* list = value.list()) {
        for (Value const& item : *list) { collect(item); }
    } else {
        for (auto const& [key, item] : *value.map()) { collect(item); }
    }
    return names;
}

}  // namespace drydock::rig
