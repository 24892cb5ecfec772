#include "rig/scenario/catalogue.h"

#include "rig/scenario/yaml_reader.h"

#include <stdexcept>

namespace drydock::rig {

namespace {

std::string member(Value const& row, std::string_view name) {
    auto const* found = row.find(name);
    if (found == nullptr || found->text() == nullptr) {
        throw std::runtime_error("the catalogue's line " + std::to_string(row.at.line) + " has no " +
                                 std::string(name));
    }
    return *found->text();
}

}  // namespace

std::vector<report::Requirement> load_catalogue(std::string_view text) {
    std::vector<Diagnostic> diagnostics;
    auto const root = read_yaml("requirements.yaml", text, diagnostics);
    if (!root || root->list() == nullptr) { throw std::runtime_error("the requirement catalogue is no list"); }
    std::vector<report::Requirement> rows;
    for (Value const& row : *root->list()) {
        rows.push_back({member(row, "id"), member(row, "level"), member(row, "text"), member(row, "source")});
    }
    return rows;
}

}  // namespace drydock::rig
