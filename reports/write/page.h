// Files that are embedded at build time: the parts of the HTML report, the requirement catalogue, and
// the JSON Schema of run.json.
#pragma once

#include <string_view>

namespace drydock::report {

// page.html with the marks @STYLE@, @SCRIPT@, @SUMMARY@ and @RECORD@.
[[nodiscard]] std::string_view page_template();
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_script();
// The part of it that draws plots, for a page of another's.
[[nodiscard]] std::string_view plot_script();
// reports/requirements.yaml.
[[nodiscard]] std::string_view catalogue_text();
// reports/schema/run-1.json.
[[nodiscard]] std::string_view run_schema();

}  // namespace drydock::report
