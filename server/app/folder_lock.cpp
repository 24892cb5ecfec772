#include "server/app/folder_lock.h"

#include <cerrno>
#include <stdexcept>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace drydock {

FolderLock::FolderLock(std::filesystem::path const& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) { return; }
    ::close(descriptor_);
    throw std::runtime_error("the data folder " + folder.string() +
                             " is in use by another drydockd: end that one, or give this one a folder of its own "
                             "with --data. Nothing was changed");
}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
}

}  // namespace drydock
