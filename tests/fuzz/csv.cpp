// The strict CSV reader: every fault has a place inside the file and a printable value, and a good
// table written out in another dress (every cell quoted, other delimiter, CRLF, BOM) reads the same.
#include "server/token/csv.h"

#include "server/base/check.h"
#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <string>

namespace {

using namespace drydock;

constexpr std::size_t k_rows_max = 50;

// Decodes instead of matching bit patterns as the reader does, so that the two can disagree.
bool is_strict_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        auto const lead = static_cast<unsigned char>(text[at++]);
        if (lead < 0x80) { continue; }
        if (lead < 0xc0 || lead >= 0xf8) { return false; }
        unsigned const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        std::uint32_t point = lead & (0x3fU >> more);
        for (unsigned i = 0; i < more; ++i) {
            if (at == text.size()) { return false; }
            auto const next = static_cast<unsigned char>(text[at++]);
            if (next < 0x80 || next > 0xbf) { return false; }
            point = point << 6U | (next & 0x3fU);
        }
        std::uint32_t const least = more == 1 ? 0x80U : more == 2 ? 0x800U : 0x10000U;
        bool const is_surrogate = point >= 0xd800 && point <= 0xdfff;
        if (point < least || point > 0x10ffff || is_surrogate) { return false; }
    }
    return true;
}

void write_record(std::string& out, std::vector<std::string> const& cells, char delimiter, std::string_view line_end) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) { out += delimiter; }
        out += '"';
        for (char const c : cells[i]) { out += c == '"' ? std::string("\"\"") : std::string(1, c); }
        out += '"';
    }
    out += line_end;
}

std::string written(CsvTable const& table, char delimiter, std::string_view line_end) {
    std::string out;
    write_record(out, table.header, delimiter, line_end);
    for (auto const& row : table.rows) { write_record(out, row.cells, delimiter, line_end); }
    return out;
}

void judge_same(CsvTable const& table, std::string const& file) {
    CsvTable const again = parse_csv(file, k_rows_max);
    DRYDOCK_CHECK(again.faults.empty());
    DRYDOCK_CHECK(again.header == table.header);
    DRYDOCK_CHECK(again.rows.size() == table.rows.size());
    for (std::size_t i = 0; i < table.rows.size(); ++i) { DRYDOCK_CHECK(again.rows[i].cells == table.rows[i].cells); }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const file = as_text(fuzz::bytes_of(data, size));
    CsvTable const table = parse_csv(file, k_rows_max);
    auto const lines = static_cast<std::size_t>(std::ranges::count(file, '\n')) + 1;
    for (CsvFault const& fault : table.faults) {
        DRYDOCK_CHECK(!fault.code.empty());
        DRYDOCK_CHECK(fault.line >= 1);
        DRYDOCK_CHECK(fault.line <= lines);
        DRYDOCK_CHECK(fault.column <= size + 1);
        DRYDOCK_CHECK(fault.value.size() <= 64);
        DRYDOCK_CHECK(is_strict_utf8(fault.value));
    }
    if (!table.faults.empty()) { return 0; }
    DRYDOCK_CHECK(is_strict_utf8(file));
    DRYDOCK_CHECK(!table.rows.empty());
    DRYDOCK_CHECK(table.rows.size() <= k_rows_max);
    judge_same(table, written(table, ',', "\n"));
    judge_same(table, "\xef\xbb\xbf" + written(table, ',', "\r\n"));
    if (table.header.size() > 1) { judge_same(table, written(table, ';', "\n")); }
    return 0;
}
