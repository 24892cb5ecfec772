#include "server/token/csv.h"

#include <algorithm>
#include <set>
#include <utility>

namespace drydock {

namespace {

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
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) { return false; }
        }
        i += length;
    }
    return true;
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
        while (!at_end() && text_[at_] != delimiter_ && !at_line_end()) {
            if (text_[at_] == '"') { fault(column, std::string(text_.substr(from, 64))); }
            ++at_;
        }
        return std::string(text_.substr(from, at_ - from));
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
                fault(column, value.substr(0, 64));
                while (!at_end() && text_[at_] != delimiter_ && !at_line_end()) { ++at_; }
            }
            return value;
        }
        faults_.push_back({"QUOTE", opened_at, column, value.substr(0, 64)});
        return value;
    }

    void fault(std::size_t column, std::string value) {
        if (faults_.empty() || faults_.back().line != line_ || faults_.back().column != column) {
            faults_.push_back({"QUOTE", line_, column, std::move(value)});
        }
    }

    std::string_view text_;
    char delimiter_;
    std::vector<CsvFault>& faults_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

char delimiter_of(std::string_view text) {
    std::string_view const head = text.substr(0, text.find('\n'));
    char best = ',';
    for (char candidate : {',', ';', '\t'}) {
        if (std::count(head.begin(), head.end(), candidate) > std::count(head.begin(), head.end(), best)) {
            best = candidate;
        }
    }
    return best;
}

void judge_header(CsvTable& table) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < table.header.size(); ++i) {
        std::string const& name = table.header[i];
        if (name.empty()) { table.faults.push_back({"EMPTY_HEADER", 1, i + 1, ""}); }
        if (!name.empty() && !seen.insert(name).second) {
            table.faults.push_back({"DUP_HEADER", 1, i + 1, name.substr(0, 64)});
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
