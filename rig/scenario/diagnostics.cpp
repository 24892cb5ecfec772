#include "rig/scenario/diagnostics.h"

#include <algorithm>
#include <numeric>

namespace drydock::rig {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            std::size_t const above = row[k];
            row[k] = std::min({above + 1, row[k - 1] + 1, diagonal + (a[i - 1] == b[k - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string_view line_of(std::string_view source, std::size_t number) {
    for (std::size_t i = 1; i < number; ++i) {
        auto const end = source.find('\n');
        if (end == std::string_view::npos) { return {}; }
        source.remove_prefix(end + 1);
    }
    return source.substr(0, source.find('\n'));
}

}  // namespace

std::string did_you_mean(std::string_view word, std::vector<std::string> const& known) {
    std::string best;
    std::size_t nearest = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (std::string const& candidate : known) {
        if (word.size() > 64 || candidate.size() > 64) { continue; }
        std::size_t const away = distance(word, candidate);
        if (away < nearest) {
            nearest = away;
            best = candidate;
        }
    }
    return best.empty() ? std::string() : "did you mean '" + best + "'?";
}

std::string way_to(std::string_view word, std::vector<std::string> const& known) {
    std::string near = did_you_mean(word, known);
    if (!near.empty() || known.empty()) { return near; }
    std::string all = "one of " + known.front();
    for (auto one = known.begin() + 1; one != known.end(); ++one) { all += ", " + *one; }
    return all;
}

std::string print(std::vector<Diagnostic> diagnostics, std::string_view source) {
    std::stable_sort(diagnostics.begin(), diagnostics.end(), [](Diagnostic const& a, Diagnostic const& b) {
        return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
    });
    std::string out;
    for (Diagnostic const& one : diagnostics) {
        out += one.file + ":" + std::to_string(one.at.line) + ":" + std::to_string(one.at.column) + ": " + one.message +
               "\n";
        std::string_view const line = line_of(source, one.at.line);
        if (!line.empty()) {
            out += "    " + std::string(line) + "\n";
            out += "    " + std::string(one.at.column > 0 ? one.at.column - 1 : 0, ' ') + "^\n";
        }
        if (!one.hint.empty()) { out += "    " + one.hint + "\n"; }
    }
    return out;
}

}  // namespace drydock::rig
