#include "rig/cli/text_file.h"

#include "rig/bench/bench.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include <unistd.h>

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

std::string why_no_files_in(std::filesystem::path const& folder) {
    std::vector<std::filesystem::path> made;
    std::error_code failure;
    for (auto path = std::filesystem::absolute(folder, failure).lexically_normal();
         !std::filesystem::exists(path, failure) && path.has_relative_path(); path = path.parent_path()) {
        made.push_back(path);
    }
    failure.clear();
    std::filesystem::create_directories(folder, failure);
    std::error_code ignored;
    bool const is_folder = std::filesystem::is_directory(folder, ignored);
    bool const is_writable = is_folder && ::access(folder.c_str(), W_OK | X_OK) == 0;
    for (auto const& one : made) { std::filesystem::remove(one, ignored); }
    if (is_writable) { return {}; }
    return fmt::format("{}{}{}", folder.string(), failure ? ": " : "", failure ? failure.message() : "");
}

std::string why_not_written(std::filesystem::path const& path) {
    std::error_code ignored;
    if (!path.has_filename() || std::filesystem::is_directory(path, ignored)) {
        return fmt::format("{} is a folder: name a file", path.string());
    }
    std::filesystem::path const folder = path.has_parent_path() ? path.parent_path() : ".";
    bool const was_there = std::filesystem::exists(path, ignored);
    std::string why;
    if (was_there || std::filesystem::is_directory(folder, ignored)) {
        if (!std::ofstream(path, std::ios::app)) { why = path.string(); }
        if (!was_there) { std::filesystem::remove(path, ignored); }
    } else {
        why = why_no_files_in(folder);
    }
    return why.empty() ? why : fmt::format("cannot write {}: choose another file", why);
}

}  // namespace drydock::rig
