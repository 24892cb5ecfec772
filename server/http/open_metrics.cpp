#include "server/http/open_metrics.h"

#include <array>
#include <charconv>

namespace drydock {

namespace {

std::string number(double value) {
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

}  // namespace

void OpenMetrics::begin(std::string_view name, std::string_view type, std::string_view help) {
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    for (std::string_view unit : {"bytes", "seconds"}) {
        if (name.ends_with("_" + std::string(unit))) {
            text_.append("# UNIT ").append(name).append(" ").append(unit).append("\n");
        }
    }
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
}

void OpenMetrics::gauge(std::string_view name, std::string_view help, double value) {
    begin(name, "gauge", help);
    text_.append(name).append(" ").append(number(value)).append("\n");
}

void OpenMetrics::counter(std::string_view name, std::string_view help, double value) {
    begin(name, "counter", help);
    text_.append(name).append("_total ").append(number(value)).append("\n");
}

void OpenMetrics::counters(std::string_view name, std::string_view help, std::string_view label,
                           std::initializer_list<Sample> samples) {
    begin(name, "counter", help);
    for (auto const& [which, count] : samples) {
        text_.append(name).append("_total{").append(label).append("=\"").append(which).append("\"} ");
        text_.append(std::to_string(count)).append("\n");
    }
}

std::string OpenMetrics::finish() { return std::move(text_.append("# EOF\n")); }

}  // namespace drydock
