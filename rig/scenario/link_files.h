// The texts of fixtures/links, put into the program when it is built.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace drydock::rig {

// File names and their texts.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> const& link_files();

}  // namespace drydock::rig
