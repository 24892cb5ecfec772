// Holds a data folder for one process: two servers on one store would each know half of its tokens, and tell live
// devices that theirs are invalid. The system lets go of it when the process ends, however that is.
#pragma once

#include <filesystem>

namespace drydock {

class FolderLock {
public:
    // Throws std::runtime_error when another process holds it. A file system that knows no locks holds nobody up.
    explicit FolderLock(std::filesystem::path const& folder);
    ~FolderLock();
    FolderLock(FolderLock const&) = delete;
    FolderLock& operator=(FolderLock const&) = delete;

private:
    int descriptor_;
};

}  // namespace drydock
