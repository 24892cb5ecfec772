// A folder of this process under the system's temporary folder, gone with its owner; at the latest the next
// process that makes one removes it, for nobody puts anything away after kill -9.
#pragma once

#include <filesystem>
#include <string_view>

namespace drydock::rig {

class OwnFolder {
public:
    // NAME-XXXXXX. First removes what dead processes of this user left under the same name. Throws
    // InfrastructureError when it cannot be made.
    explicit OwnFolder(std::string_view name);
    ~OwnFolder();
    OwnFolder(OwnFolder const&) = delete;
    OwnFolder& operator=(OwnFolder const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
    int lock_ = -1;  // of the file that says that the owner lives: the kernel lets go of it with the process
};

}  // namespace drydock::rig
