#include "rig/cli/links_command.h"

#include "rig/links/links.h"
#include "rig/scenario/link_reader.h"

#include <fmt/format.h>

#include <fstream>

namespace drydock::rig {

Exit list_links(std::filesystem::path const& plots) {
    fmt::print("{}", link_table(built_in_links()));
    if (plots.empty()) { return Exit::passed; }
    std::error_code failure;
    std::filesystem::create_directories(plots, failure);
    for (LinkProfile const& link : built_in_links()) {
        auto const path = plots / (link.name + ".svg");
        std::ofstream file(path);
        file << link_plot(link);
        file.close();
        if (!file) {
            fmt::print(stderr, "drydock: cannot write {}: choose another folder with --plot\n", path.string());
            return Exit::infrastructure;
        }
    }
    fmt::print("plots: {}\n", std::filesystem::absolute(plots).string());
    return Exit::passed;
}

}  // namespace drydock::rig
