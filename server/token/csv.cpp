#include "server/token/csv.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace drydock {

namespace {

constexpr std::size_t k_shown_bytes = 64;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

// The second byte of a sequence tells overlong forms, surrogates and points past U+10FFFF.
bool is_second_byte(unsigned char lead, char c) {
    auto const second = static_cast<unsigned char>(c);
    if (lead == 0xe0) { return second >= 0xa0; }
    if (lead == 0xed) { return second < 0xa0; }
    if (lead == 0xf0) { return second >= 0x90; }
    if (lead == 0xf4) { return second < 0x90; }
    return true;
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        auto const lead = static_cast<unsigned char>(text[i]);
        std::size_t const length = lead < 0x80        ? 1
                                   : lead >> 5U == 6  ? 2
                                   : lead >> 4U == 14 ? 3
                                   : lead >> 3U == 30 ? 4
                                                      : 0;
        if (length == 0 || i + length > text.size() || (length == 2 && lead < 0xc2) || lead > 0xf4) { return false; }
        for (std::size_t k = 1; k < length; ++k) {
            if (!is_continuation(text[i + k])) { return false; }
        }
        if (length > 1 && !is_second_byte(lead, text[i + 1])) { return false; }
        i += length;
    }
    return true;
}

// The beginning of a value for a fault, never ending inside a character.
std::string shown(std::string_view value) {
    if (value.size() <= k_shown_bytes) { return std::string(value); }
    std::size_t end = k_shown_bytes;
    while (end > 0 && is_continuation(value[end])) { --end; }
    return std::string(value.substr(0, end));
}

// Reads records one by one; knows the line it stands on.
class Reader {
public:
    Reader(std::string_view text, char delimiter, std::vector<CsvFault>& faults)
        : text_(text), delimiter_(delimiter), faults_(faults) {}

    [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
    [[nodiscard]] std::size_t line() const { return line_; }

    std::vector<std::string> record() {
        std::vector<std::string> cells;
        for (;;) {
            cells.push_back(cell(cells.size() + 1));
            if (at_end()) { break; }
            if (text_[at_] == delimiter_) {
                ++at_;
                if (at_end()) { cells.emplace_back(); }
                if (at_end()) { break; }
                continue;
            }
            end_line();
            break;
        }
        return cells;
    }

private:
    [[nodiscard]] bool at_line_end() const {
        return text_[at_] == '\n' || (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
    }

    void end_line() {
        at_ += text_[at_] == '\r' ? 2U : 1U;
        ++line_;
    }

    std::string cell(std::size_t column) {
        if (!at_end() && text_[at_] == '"') { return quoted(column); }
        std::size_t const from = at_;
        while (!at_end() && text_[at_] != delimiter_ && !at_line_end()) { ++at_; }
        // The fault shows this cell alone: the next one may be a credential.
        std::string_view const value = text_.substr(from, at_ - from);
        if (value.find('"') != std::string_view::npos) { fault(column, value); }
        return std::string(value);
    }

    std::string quoted(std::size_t column) {
        std::string value;
        std::size_t const opened_at = line_;
        for (++at_; !at_end(); ++at_) {
            if (text_[at_] == '\n') { ++line_; }
            if (text_[at_] != '"') {
                value += text_[at_];
                continue;
            }
            if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
                value += '"';
                ++at_;
                continue;
            }
            ++at_;
            if (!at_end() && text_[at_] != delimiter_ && !at_line_end()) {
                fault(column, value);
                while (!at_end() && text_[at_] != delimiter_ && !at_line_end()) { ++at_; }
            }
            return value;
        }
        faults_.push_back({"QUOTE", opened_at, column, shown(value)});
        return value;
    }

    void fault(std::size_t column, std::string_view value) {
        faults_.push_back({"QUOTE", line_, column, shown(value)});
    }

    std::string_view text_;
    char delimiter_;
    std::vector<CsvFault>& faults_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

// Told by the header record: what stands inside quotes, delimiters and line ends too, is text.
char delimiter_of(std::string_view text) {
    constexpr std::string_view k_candidates = ",;\t";
    std::array<std::size_t, k_candidates.size()> counts{};
    bool is_quoted = false;
    for (char const c : text) {
        if (c == '"') { is_quoted = !is_quoted; }
        if (is_quoted) { continue; }
        if (c == '\n') { break; }
        auto const which = k_candidates.find(c);
        if (which != std::string_view::npos) { ++counts.at(which); }
    }
    auto const most = std::max_element(counts.begin(), counts.end());
    return k_candidates[static_cast<std::size_t>(most - counts.begin())];
}

void judge_header(CsvTable& table) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < table.header.size(); ++i) {
        std::string const& name = table.header[i];
        if (name.empty()) { table.faults.push_back({"EMPTY_HEADER", 1, i + 1, ""}); }
        if (!name.empty() && !seen.insert(name).second) {
            table.faults.push_back({"DUP_HEADER", 1, i + 1, shown(name)});
        }
    }
}

bool is_blank(std::vector<std::string> const& cells) { return cells.size() == 1 && cells.front().empty(); }

}  // namespace

CsvTable parse_csv(std::string_view file, std::size_t rows_max) {
    CsvTable table;
    if (file.starts_with("\xef\xbb\xbf")) { file.remove_prefix(3); }
    if (file.size() > k_csv_bytes_max) { table.faults.push_back({"TOO_LARGE", 1, 0, ""}); }
    if (file.find('\0') != std::string_view::npos) { table.faults.push_back({"NUL_BYTE", 1, 0, ""}); }
    if (!is_utf8(file)) { table.faults.push_back({"ENCODING", 1, 0, ""}); }
    if (file.find_first_not_of("\r\n") == std::string_view::npos) { table.faults.push_back({"EMPTY_FILE", 1, 0, ""}); }
    if (!table.faults.empty()) { return table; }
    Reader reader(file, delimiter_of(file), table.faults);
    table.header = reader.record();
    judge_header(table);
    while (!reader.at_end()) {
        std::size_t const line = reader.line();
        auto cells = reader.record();
        table.rows.push_back({line, std::move(cells)});
    }
    while (!table.rows.empty() && is_blank(table.rows.back().cells)) { table.rows.pop_back(); }
    for (auto const& row : table.rows) {
        if (row.cells.size() != table.header.size()) {
            table.faults.push_back({"RAGGED_ROW", row.line, 0, std::to_string(row.cells.size()) + " cells"});
        }
    }
    if (table.rows.empty()) { table.faults.push_back({"NO_DATA_ROWS", 1, 0, ""}); }
    if (table.rows.size() > rows_max) { table.faults.push_back({"TOO_LARGE", table.rows.back().line, 0, ""}); }
    return table;
}

}  // namespace drydock
