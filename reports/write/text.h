// Texts of a record on their way into a file: devices and peers may have sent any bytes.
#pragma once

#include "reports/model/record.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::report {

// The text with every byte that is no part of valid UTF-8 written as \xNN.
[[nodiscard]] std::string as_utf8(std::string_view text);

// For HTML and XML, in content and in attributes: as_utf8 with markup escaped, and with '?' for
// control characters that XML 1.0 has no way to write.
[[nodiscard]] std::string as_markup(std::string_view text);

// For a cell of a Markdown table or a line of its text: one line in which no character means markup.
[[nodiscard]] std::string as_markdown(std::string_view text);

// "412 ms", "1.71 s".
[[nodiscard]] std::string milliseconds(double value);
// "1 case", "3 cases": a plural with s.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one);
// The rows of a load run in the order of its phases; whatever belongs to none comes last.
[[nodiscard]] std::vector<LoadRow const*> rows_by_phase(LoadRecord const& load);
// The outcome for people: "FAIL" is for what must hold, and what only should hold and does not is "NON-STRICT".
[[nodiscard]] std::string_view outcome_of(LoadThreshold const& threshold);
// "part 1 of 2", "parts 1, 2 of 3" of a run that several machines play; empty when it is the whole.
[[nodiscard]] std::string part_of(LoadRecord const& load);
// The same of the first such run, with what to do: "part 1 of 2: put the parts together with 'drydock report merge'".
[[nodiscard]] std::string part_to_merge(RunRecord const& run, std::string_view program = "drydock");

}  // namespace drydock::report
