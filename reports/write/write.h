// The reports, each from a finished record: JSON, JUnit XML, one offline HTML page, a summary
// in Markdown, a table for the terminal. Names in a record come from files and devices: everything is escaped.
#pragma once

#include "reports/model/record.h"

#include <string>
#include <string_view>

namespace drydock::report {

[[nodiscard]] std::string write_json(RunRecord const& run);
[[nodiscard]] std::string write_junit(RunRecord const& run);
[[nodiscard]] std::string write_html(RunRecord const& run);
// GitHub's Markdown, below the 1 MiB that a step summary may have.
[[nodiscard]] std::string write_markdown(RunRecord const& run);

enum class Color { yes, no };
// `program` is what the user types to start drydock.
[[nodiscard]] std::string write_terminal(RunRecord const& run, Color color, std::string_view program = "drydock");

}  // namespace drydock::report
