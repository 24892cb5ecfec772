#include "sim/fleet/summary.h"

#include "server/base/check.h"
#include "sim/fleet/load_error.h"
#include "sim/fleet/words.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace drydock::load {

namespace {

constexpr std::string_view k_first_line = "drydock.load.summary=1\n";
constexpr std::string_view k_end = "end=";

constexpr std::array<std::string_view, k_counters> k_counter_names{
    "connect.started",      "connect.failed",        "auth.started",   "auth.accepted",   "auth.refused",
    "auth.refused_wrongly", "auth.accepted_wrongly", "auth.lost",      "claim.started",   "claim.failed",
    "claim.wrong_org",      "cut_off.missing",       "reconnect.lost", "messages.sent",   "messages.lost",
    "bad_device.kept",      "protocol.broken",       "online.seen",    "online.expected",
};
constexpr std::array<std::string_view, k_latencies> k_latency_names{
    "connect", "auth", "claim", "reconnect", "messages", "cut_off", "generator.late",
};
constexpr std::array<std::string_view, k_gauges> k_gauge_names{"server.rss", "server.cpu", "generator.cpu"};
static_assert(k_counter_names.back() == "online.expected" && k_latency_names.back() == "generator.late");

template <std::size_t Size>
std::optional<std::size_t> index_of(std::array<std::string_view, Size> const& names, std::string_view name) {
    auto const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) { return std::nullopt; }
    return static_cast<std::size_t>(found - names.begin());
}

bool is_at(std::pair<std::string, std::string> const& key, Where const& where) {
    return (where.phase.empty() || where.phase == key.first) && (where.link.empty() || where.link == key.second);
}

// Takes the text before the separator off the rest; nothing when there is no separator.
std::optional<std::string_view> cut(std::string_view& rest, char separator) {
    auto const end = rest.find(separator);
    if (end == std::string_view::npos) { return std::nullopt; }
    std::string_view const before = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return before;
}

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || value > Histogram::k_count_max) {
        return std::nullopt;
    }
    return value;
}

std::optional<Samples> samples_of(std::string_view text) {
    auto const count = cut(text, ',');
    auto const sum = cut(text, ',');
    auto const least = cut(text, ',');
    if (!count || !sum || !least) { return std::nullopt; }
    auto const read = std::array{whole(*count), whole(*sum), whole(*least), whole(text)};
    if (!read[0] || !read[1] || !read[2] || !read[3]) { return std::nullopt; }
    Samples const samples{*read[0], *read[1], *read[2], *read[3]};
    // Division keeps the products of a hostile text from running over.
    bool const is_possible = samples.count != 0 && samples.least <= samples.sum / samples.count &&
                             samples.sum / samples.count <= samples.greatest && samples.greatest <= samples.sum;
    return is_possible ? std::optional(samples) : std::nullopt;
}

}  // namespace

std::string_view name_of(Counter counter) { return k_counter_names[static_cast<std::size_t>(counter)]; }
std::string_view name_of(Latency latency) { return k_latency_names[static_cast<std::size_t>(latency)]; }
std::string_view name_of(Gauge gauge) { return k_gauge_names[static_cast<std::size_t>(gauge)]; }

void Samples::merge(Samples const& other) {
    if (other.count == 0) { return; }
    least = count == 0 ? other.least : std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
    count += other.count;
    sum += other.sum;
}

void Cell::sample(Gauge gauge, std::uint64_t value) {
    samples_[static_cast<std::size_t>(gauge)].merge(Samples{1, value, value, value});
}

void Cell::merge(Cell const& other) {
    for (std::size_t i = 0; i < k_counters; ++i) { counts_[i] += other.counts_[i]; }
    for (std::size_t i = 0; i < k_latencies; ++i) { times_[i].merge(other.times_[i]); }
    for (std::size_t i = 0; i < k_gauges; ++i) { samples_[i].merge(other.samples_[i]); }
}

void Cell::reset() {
    counts_.fill(0);
    for (Histogram& times : times_) { times.reset(); }
    samples_.fill(Samples{});
}

Cell& Summary::cell(std::string_view phase, std::string_view link) {
    DRYDOCK_CHECK(is_plain_name(phase));
    DRYDOCK_CHECK(is_plain_name(link));
    return cells_[{std::string(phase), std::string(link)}];
}

void Summary::merge(Summary const& other) {
    for (auto const& [key, cell] : other.cells_) { cells_[key].merge(cell); }
}

void Summary::reset() {
    for (auto& [key, cell] : cells_) { cell.reset(); }
}

std::uint64_t Summary::count(Counter counter, Where const& where) const {
    std::uint64_t sum = 0;
    for (auto const& [key, cell] : cells_) { sum += is_at(key, where) ? cell.count(counter) : 0; }
    return sum;
}

Histogram Summary::times(Latency latency, Where const& where) const {
    Histogram merged;
    for (auto const& [key, cell] : cells_) {
        if (is_at(key, where)) { merged.merge(cell.times(latency)); }
    }
    return merged;
}

Samples Summary::samples(Gauge gauge, Where const& where) const {
    Samples merged;
    for (auto const& [key, cell] : cells_) {
        if (is_at(key, where)) { merged.merge(cell.samples(gauge)); }
    }
    return merged;
}

std::string Summary::to_text() const {
    std::string text(k_first_line);
    std::size_t lines = 0;
    for (auto const& [key, cell] : cells_) {
        std::string const place = key.first + "/" + key.second;
        auto const put = [&](std::string_view kind, std::string_view name, std::string const& value) {
            text.append(place).append(kind).append(name).append("=").append(value).append("\n");
            ++lines;
        };
        for (std::size_t i = 0; i < k_counters; ++i) {
            std::uint64_t const count = cell.count(static_cast<Counter>(i));
            if (count != 0) { put("/count/", k_counter_names[i], std::to_string(count)); }
        }
        for (std::size_t i = 0; i < k_latencies; ++i) {
            Histogram const& times = cell.times(static_cast<Latency>(i));
            if (times.count() != 0) { put("/time/", k_latency_names[i], times.to_text()); }
        }
        for (std::size_t i = 0; i < k_gauges; ++i) {
            Samples const& all = cell.samples(static_cast<Gauge>(i));
            if (all.count == 0) { continue; }
            put("/gauge/", k_gauge_names[i],
                std::to_string(all.count) + "," + std::to_string(all.sum) + "," + std::to_string(all.least) + "," +
                    std::to_string(all.greatest));
        }
    }
    return text.append(k_end).append(std::to_string(lines)).append("\n");
}

// Fills a summary line by line.
class SummaryReader {
public:
    bool read(std::string_view line) {
        auto const phase = cut(line, '/');
        auto const link = cut(line, '/');
        auto const kind = cut(line, '/');
        auto const name = cut(line, '=');
        if (!phase || !link || !kind || !name) { return false; }
        if (!is_plain_name(*phase) || !is_plain_name(*link)) { return false; }
        if (summary.cells().size() == Summary::k_cells_max &&
            summary.cells().count({std::string(*phase), std::string(*link)}) == 0) {
            return false;
        }
        Cell& cell = summary.cell(*phase, *link);
        if (*kind == "count") { return put(cell.counts_, index_of(k_counter_names, *name), whole(line)); }
        if (*kind == "gauge") { return put(cell.samples_, index_of(k_gauge_names, *name), samples_of(line)); }
        auto times = Histogram::from_text(line);
        auto const latency = index_of(k_latency_names, *name);
        if (*kind != "time" || !times || !latency) { return false; }
        cell.times_[*latency] = std::move(*times);
        return true;
    }

    Summary summary;

private:
    template <class Values, class Value>
    static bool put(Values& values, std::optional<std::size_t> index, std::optional<Value> const& value) {
        if (!index || !value) { return false; }
        values[*index] = *value;
        return true;
    }
};

result<Summary> Summary::from_text(std::string_view text) {
    if (text.size() > k_text_bytes_max || !text.starts_with(k_first_line)) { return fail(load_errc::bad_summary); }
    SummaryReader reader;
    std::string_view rest = text.substr(k_first_line.size());
    while (auto const line = cut(rest, '\n')) {
        if (line->starts_with(k_end)) { break; }
        if (!reader.read(*line)) { return fail(load_errc::bad_summary); }
    }
    // Order, repetition, zeros, the number of lines and what follows them: one comparison for all.
    if (reader.summary.to_text() != text) { return fail(load_errc::bad_summary); }
    return std::move(reader.summary);
}

}  // namespace drydock::load
