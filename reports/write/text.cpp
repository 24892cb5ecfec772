#include "reports/write/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace drydock::report {

namespace {

// The length of the character at the front, or 0 when it is none (RFC 3629: no surrogates, nothing
// longer than needed, nothing above U+10FFFF).
std::size_t character_length(std::string_view text) {
    auto const byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    std::uint8_t const first = byte(0);
    if (first < 0x80) { return 1; }
    std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) { return 0; }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) { return 0; }
    }
    bool const is_longer_than_needed = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    bool const is_out_of_range = (first == 0xed && byte(1) >= 0xa0) || (first == 0xf4 && byte(1) >= 0x90);
    return is_longer_than_needed || is_out_of_range ? 0 : length;
}

}  // namespace

std::string as_utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t const length = character_length(text);
        if (length == 0) {
            out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text.front()));
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

std::string as_markup(std::string_view text) {
    std::string out;
    for (char c : as_utf8(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += static_cast<std::uint8_t>(c) < 32 && c != '\n' && c != '\t' ? '?' : c; break;
        }
    }
    return out;
}

std::string as_markdown(std::string_view text) {
    constexpr std::string_view markup = "\\`*_{}[]#!|~@$";
    std::string out;
    for (char c : as_utf8(text)) {
        if (static_cast<std::uint8_t>(c) < 32) {
            out += ' ';
        } else if (c == '<' || c == '>' || c == '&') {
            out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;";
        } else if (markup.find(c) != std::string_view::npos) {
            out += '\\';
            out += c;
        } else {
            out += c;
        }
    }
    return out;
}

std::string milliseconds(double value) {
    return value >= 1000 ? fmt::format("{:.2f} s", value / 1000) : fmt::format("{:.{}f} ms", value, value < 10 ? 2 : 0);
}

std::string counted(std::uint64_t count, std::string_view one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::vector<LoadRow const*> rows_by_phase(LoadRecord const& load) {
    std::vector<LoadRow const*> rows;
    for (LoadRow const& row : load.rows) { rows.push_back(&row); }
    auto const place = [&load](LoadRow const* row) {
        return std::find_if(load.phases.begin(), load.phases.end(),
                            [row](LoadPhase const& phase) { return phase.name == row->phase; });
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&place](LoadRow const* a, LoadRow const* b) { return place(a) < place(b); });
    return rows;
}

std::string_view outcome_of(LoadThreshold const& threshold) {
    bool const is_missed_should = threshold.is_should && threshold.outcome == to_text(Verdict::fail);
    return is_missed_should ? to_text(Verdict::non_strict) : std::string_view(threshold.outcome);
}

std::string part_of(LoadRecord const& load) {
    if (load.shards.empty() || load.shards.size() >= load.shards.front().of) { return {}; }
    std::string out = load.shards.size() == 1 ? "part" : "parts";
    std::string_view before = " ";
    for (LoadShard const& shard : load.shards) {
        out += fmt::format("{}{}", std::exchange(before, ", "), shard.index + 1);
    }
    return out + fmt::format(" of {}", load.shards.front().of);
}

std::string part_to_merge(RunRecord const& run, std::string_view program) {
    for (CaseRecord const& one : run.cases) {
        std::string const part = one.load ? part_of(*one.load) : std::string();
        if (!part.empty()) { return fmt::format("{}: put the parts together with '{} report merge'", part, program); }
    }
    return {};
}

}  // namespace drydock::report
