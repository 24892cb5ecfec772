#include "rig/cli/text_file.h"

#include "rig/bench/bench.h"

#include <fstream>
#include <iterator>

namespace drydock::rig {

std::string read_text(std::filesystem::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_text(std::filesystem::path const& path, std::string const& text) {
    std::error_code ignored;  // the file tells
    if (path.has_parent_path()) { std::filesystem::create_directories(path.parent_path(), ignored); }
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) { throw InfrastructureError("cannot write " + path.string() + ": choose another folder"); }
}

}  // namespace drydock::rig
