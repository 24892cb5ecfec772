// A page of figures in the OpenMetrics text form, written family by family. Holds numbers and fixed
// names only, never anything a device or a person sent.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace drydock {

inline constexpr std::string_view k_open_metrics_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";

class OpenMetrics {
public:
    // One counter of a family: the value of the label that tells it from its sisters, and its count.
    using Sample = std::pair<std::string_view, std::uint64_t>;

    // Names without "_total"; one that ends with "_bytes" or "_seconds" also gets its unit.
    void gauge(std::string_view name, std::string_view help, double value);
    void counter(std::string_view name, std::string_view help, double value);
    void counters(std::string_view name, std::string_view help, std::string_view label,
                  std::initializer_list<Sample> samples);
    // The whole page, once.
    [[nodiscard]] std::string finish();

private:
    void begin(std::string_view name, std::string_view type, std::string_view help);
    std::string text_;
};

}  // namespace drydock
