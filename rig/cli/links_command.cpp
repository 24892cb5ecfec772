#include "rig/cli/links_command.h"

#include "rig/cli/text_file.h"
#include "rig/links/links.h"
#include "rig/scenario/link_reader.h"

#include <fmt/format.h>

namespace drydock::rig {

Exit list_links(std::filesystem::path const& plots) {
    fmt::print("{}", link_table(built_in_links()));
    if (plots.empty()) { return Exit::passed; }
    for (LinkProfile const& link : built_in_links()) { write_text(plots / (link.name + ".svg"), link_plot(link)); }
    fmt::print("plots: {}\n", std::filesystem::absolute(plots).string());
    return Exit::passed;
}

}  // namespace drydock::rig
