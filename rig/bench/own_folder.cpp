#include "rig/bench/own_folder.h"

#include "rig/bench/bench.h"

#include <string>
#include <system_error>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

constexpr char const* k_owner = ".owner";

// The lock of a folder whose owner is dead, or -1: it lives, it has said nothing of itself yet, or it is not ours.
int lock_of_the_dead(std::filesystem::path const& folder) {
    struct stat about {};
    bool const is_ours = ::lstat(folder.c_str(), &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == ::geteuid();
    if (!is_ours) { return -1; }
    int const file = ::open((folder / k_owner).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0) { return file; }
    if (file >= 0) { ::close(file); }
    return -1;
}

void sweep(std::filesystem::path const& parent, std::string const& beginning) {
    std::error_code ignored;
    for (auto const& entry : std::filesystem::directory_iterator(parent, ignored)) {
        if (!entry.path().filename().string().starts_with(beginning)) { continue; }
        int const lock = lock_of_the_dead(entry.path());
        if (lock < 0) { continue; }
        std::filesystem::remove_all(entry.path(), ignored);
        ::close(lock);
    }
}

}  // namespace

OwnFolder::OwnFolder(std::string_view name) {
    auto const parent = std::filesystem::temp_directory_path();
    std::string const beginning = std::string(name) + '-';
    sweep(parent, beginning);
    std::string pattern = (parent / (beginning + "XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw InfrastructureError("cannot make a folder under " + parent.string());
    }
    path_ = pattern;
    // Locked before it has its name, so that nobody sees it without its lock.
    auto const fresh = path_ / ".owner-to-be";
    lock_ = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (lock_ >= 0 && ::flock(lock_, LOCK_EX) == 0) { ::rename(fresh.c_str(), (path_ / k_owner).c_str()); }
}

OwnFolder::~OwnFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    if (lock_ >= 0) { ::close(lock_); }
}

}  // namespace drydock::rig
