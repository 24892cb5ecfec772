// The page the HTML report is filled into; page.html, embedded at build time.
#pragma once

#include <string_view>

namespace drydock::report {

[[nodiscard]] std::string_view page_template();
// reports/requirements.yaml, embedded at build time.
[[nodiscard]] std::string_view catalogue_text();

}  // namespace drydock::report
