#include "reports/write/page.h"
#include "reports/write/write.h"

namespace drydock::report {

std::string write_html(RunRecord const& run) {
    // Inside a script element only '<' can end it; JSON may write it as an escape.
    std::string record;
    for (char c : write_json(run)) {
        if (c == '<') {
            record += "\\u003c";
        } else {
            record += c;
        }
    }
    std::string page(page_template());
    constexpr std::string_view mark = "@RECORD@";
    auto const at = page.find(mark);
    return page.replace(at, mark.size(), record);
}

}  // namespace drydock::report
