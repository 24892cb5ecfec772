#include "rig/record/load_rows.h"

#include "sim/fleet/load_error.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace drydock::rig {

namespace {

constexpr std::size_t k_columns = 49;
constexpr double k_columns_per_decade = 10;
constexpr double k_first_ms = 0.1;

double to_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::vector<double> make_bounds() {
    std::vector<double> bounds;
    for (std::size_t i = 0; i < k_columns; ++i) {
        double const exact = k_first_ms * std::pow(10.0, static_cast<double>(i) / k_columns_per_decade);
        // Four digits: the same number on every machine, and short in a file.
        double const scale = std::pow(10.0, 3 - std::floor(std::log10(exact)));
        bounds.push_back(std::round(exact * scale) / scale);
    }
    return bounds;
}

report::LoadRow row_of(std::pair<std::string, std::string> const& place, load::Cell const& cell) {
    report::LoadRow row;
    row.phase = place.first;
    row.link = place.second;
    for (std::size_t i = 0; i < load::k_counters; ++i) {
        auto const counter = static_cast<load::Counter>(i);
        if (cell.count(counter) != 0) { row.counts.emplace_back(load::name_of(counter), cell.count(counter)); }
    }
    for (std::size_t i = 0; i < load::k_latencies; ++i) {
        auto const latency = static_cast<load::Latency>(i);
        if (cell.times(latency).count() == 0) { continue; }
        row.times.emplace_back(load::name_of(latency), times_of(cell.times(latency)));
    }
    for (std::size_t i = 0; i < load::k_gauges; ++i) {
        auto const gauge = static_cast<load::Gauge>(i);
        load::Samples const& all = cell.samples(gauge);
        if (all.count == 0) { continue; }
        row.gauges.emplace_back(load::name_of(gauge), report::LoadGauge{all.count, all.sum, all.least, all.greatest});
    }
    return row;
}

// The lines of a summary's text that a row stands for, in the order of that text.
class RowText {
public:
    explicit RowText(report::LoadRow const& row) : row_(row) {}

    std::size_t append_to(std::string& text) {
        for (std::size_t i = 0; i < load::k_counters; ++i) {
            auto const name = load::name_of(static_cast<load::Counter>(i));
            if (auto const* count = find(row_.counts, name)) { put(text, "count", name, std::to_string(*count)); }
        }
        for (std::size_t i = 0; i < load::k_latencies; ++i) {
            auto const name = load::name_of(static_cast<load::Latency>(i));
            if (auto const* times = find(row_.times, name)) { put(text, "time", name, times->histogram); }
        }
        for (std::size_t i = 0; i < load::k_gauges; ++i) {
            auto const name = load::name_of(static_cast<load::Gauge>(i));
            if (auto const* all = find(row_.gauges, name)) {
                put(text, "gauge", name,
                    std::to_string(all->samples) + "," + std::to_string(all->sum) + "," + std::to_string(all->least) +
                        "," + std::to_string(all->greatest));
            }
        }
        return lines_;
    }

private:
    template <class Value>
    static Value const* find(std::vector<std::pair<std::string, Value>> const& values, std::string_view name) {
        for (auto const& [key, value] : values) {
            if (key == name) { return &value; }
        }
        return nullptr;
    }

    void put(std::string& text, std::string_view kind, std::string_view name, std::string const& value) {
        text.append(row_.phase).append("/").append(row_.link).append("/").append(kind).append("/");
        text.append(name).append("=").append(value).append("\n");
        ++lines_;
    }

    report::LoadRow const& row_;
    std::size_t lines_ = 0;
};

}  // namespace

std::vector<double> const& heat_bounds_ms() {
    static std::vector<double> const bounds = make_bounds();
    return bounds;
}

std::vector<std::uint64_t> heat_of(load::Histogram const& times) {
    std::vector<std::uint64_t> heat;
    std::uint64_t below = 0;
    for (double const bound : heat_bounds_ms()) {
        auto const limit = std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(bound));
        std::uint64_t const up_to = std::max(below, times.count_at_most(limit));
        heat.push_back(up_to - below);
        below = up_to;
    }
    heat.push_back(times.count() - std::min(below, times.count()));
    return heat;
}

report::LoadTimes times_of(load::Histogram const& times) {
    report::LoadTimes out;
    out.count = times.count();
    out.p50 = to_ms(times.percentile(50));
    out.p90 = to_ms(times.percentile(90));
    out.p95 = to_ms(times.percentile(95));
    out.p99 = to_ms(times.percentile(99));
    out.p999 = to_ms(times.percentile(99.9));
    out.max = to_ms(times.max());
    out.histogram = times.to_text();
    return out;
}

std::vector<report::LoadRow> rows_of(load::Summary const& summary) {
    std::vector<report::LoadRow> rows;
    for (auto const& [place, cell] : summary.cells()) {
        report::LoadRow row = row_of(place, cell);
        bool const is_empty = row.counts.empty() && row.times.empty() && row.gauges.empty();
        if (!is_empty) { rows.push_back(std::move(row)); }
    }
    return rows;
}

result<load::Summary> summary_of(std::vector<report::LoadRow> const& rows) {
    std::vector<report::LoadRow const*> sorted;
    sorted.reserve(rows.size());
    for (report::LoadRow const& row : rows) { sorted.push_back(&row); }
    std::sort(sorted.begin(), sorted.end(), [](report::LoadRow const* a, report::LoadRow const* b) {
        return std::tie(a->phase, a->link) < std::tie(b->phase, b->link);
    });
    std::string text = load::Summary().to_text();
    text.resize(text.find('\n') + 1);  // its heading
    std::size_t lines = 0;
    for (report::LoadRow const* row : sorted) { lines += RowText(*row).append_to(text); }
    text.append("end=").append(std::to_string(lines)).append("\n");
    return load::Summary::from_text(text);
}

}  // namespace drydock::rig
