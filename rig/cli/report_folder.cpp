#include "rig/cli/report_folder.h"

#include "rig/bench/bench.h"
#include "rig/cli/tell.h"
#include "rig/cli/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include <unistd.h>

namespace drydock::rig {

namespace {

constexpr char const* k_home = "out";
constexpr char const* k_latest = "latest";

// A folder that was not there: runs of the same second get numbers.
std::filesystem::path new_folder(std::string const& name) {
    constexpr int k_tries_max = 1000;
    std::error_code failure;
    std::filesystem::create_directories(k_home, failure);
    for (int i = 1; i <= k_tries_max && !failure; ++i) {
        std::filesystem::path folder = std::filesystem::path(k_home) / (i == 1 ? name : fmt::format("{}-{}", name, i));
        if (std::filesystem::create_directory(folder, failure)) { return folder; }
        // A file of that name is in the way like a folder.
        if (failure == std::errc::file_exists) { failure.clear(); }
    }
    throw InfrastructureError(fmt::format("cannot make the folder {}/{}{}{}: say where with -o", k_home, name,
                                          failure ? ": " : "", failure ? failure.message() : ""));
}

// "2026-11-26T08:15:00Z" as a part of a name.
std::string stamp_of(std::string const& started) {
    std::string out;
    for (char const c : started) {
        if (c == 'T') { out += '-'; }
        if ((c >= '0' && c <= '9') || c == '-') { out += c; }
    }
    return out;
}

}  // namespace

std::string why_no_folder(std::string const& wanted) {
    if (wanted.empty()) { return "the folder for the report has no name"; }
    std::filesystem::path folder(wanted);
    if (!folder.has_filename()) { folder = folder.parent_path(); }
    std::error_code ignored;
    if (folder.filename() != k_latest || !std::filesystem::is_symlink(folder, ignored)) {
        std::string const why = why_no_files_in(folder);
        return why.empty() ? why : fmt::format("the report cannot be written to {}: choose another folder", why);
    }
    return fmt::format("{} is the link to the newest report: name a folder, or leave -o out", folder.string());
}

ReportFolder report_folder(std::filesystem::path const& wanted, report::RunRecord const& run, std::string_view name) {
    if (!wanted.empty()) { return {wanted, false}; }
    return {new_folder(fmt::format("{}-{}", stamp_of(run.started), name)), true};
}

std::string run_name(std::vector<std::string> const& paths) {
    if (paths.size() != 1) { return "run"; }
    std::filesystem::path path = std::filesystem::path(paths.front()).lexically_normal();
    if (!path.has_filename()) { path = path.parent_path(); }
    std::string name = path.filename().string();
    name = name.substr(0, name.find(".scenario.yaml"));
    // Names of files may hold anything.
    constexpr std::size_t k_name_max = 60;
    name.resize(std::min(name.size(), k_name_max));
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f || c == '/' || c == '\\'; }, '-');
    return name.find_first_not_of('.') == std::string::npos ? "run" : name;
}

void point_latest_at(std::filesystem::path const& folder) {
    auto const latest = folder.parent_path() / k_latest;
    auto const fresh = folder.parent_path() / fmt::format(".latest-{}", ::getpid());
    try {
        auto const there = std::filesystem::symlink_status(latest);
        if (std::filesystem::is_directory(there)) {
            // Before there were links the newest report itself was here. A new folder is empty: it can be replaced.
            std::filesystem::rename(latest, new_folder("earlier"));
        } else if (std::filesystem::exists(there) && !std::filesystem::is_symlink(there)) {
            std::filesystem::rename(latest, new_folder("earlier") / latest.filename());
        }
        std::filesystem::remove(fresh);
        std::filesystem::create_directory_symlink(folder.filename(), fresh);
        std::filesystem::rename(fresh, latest);
    } catch (std::exception const& e) {
        tell("drydock: {} does not point at the newest report: {}\n", latest.string(), e.what());
    }
}

}  // namespace drydock::rig
