// CSV as RFC 4180 has it, strict, with the place of every fault (CSV-09, CSV-11). UTF-8 with or
// without BOM, CRLF or LF, delimiter `,` `;` or tab (told by the header line). Cells are
// byte-exact; blank trailing lines do not count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drydock {

struct CsvFault {
    std::string code;        // EMPTY_FILE, NO_DATA_ROWS, ENCODING, NUL_BYTE, TOO_LARGE, QUOTE, RAGGED_ROW, …
    std::size_t line = 0;    // from 1
    std::size_t column = 0;  // cell from 1; zero when the whole line is meant
    std::string value;       // of the one cell, at most 64 bytes, whole characters
};

struct CsvTable {
    std::vector<std::string> header;
    struct Row {
        std::size_t line;
        std::vector<std::string> cells;
    };
    std::vector<Row> rows;
    std::vector<CsvFault> faults;  // empty when the file is good
};

inline constexpr std::size_t k_csv_bytes_max = std::size_t{1} << 20U;
[[nodiscard]] CsvTable parse_csv(std::string_view file, std::size_t rows_max);

}  // namespace drydock
