#include "server/base/durable_file.h"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drydock {

namespace {

[[noreturn]] void refuse(char const* what, std::filesystem::path const& path, int cause) {
    throw std::runtime_error(std::string("cannot ") + what + " " + path.string() + ": " +
                             std::generic_category().message(cause));
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) { ::close(number_); }
    }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool close() { return ::close(std::exchange(number_, -1)) == 0; }

private:
    int number_;
};

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        ssize_t const put = ::write(file, text.data(), text.size());
        if (put < 0 && errno == EINTR) { continue; }
        if (put <= 0) { return false; }
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

// A rename or a removal is on the disk once its folder is.
void sync_folder_of(std::filesystem::path const& path) {
    auto const folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    Descriptor const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.number() < 0 || ::fsync(opened.number()) != 0) { refuse("sync the folder", folder, errno); }
}

}  // namespace

void write_durably(std::filesystem::path const& path, std::string_view text, mode_t mode) {
    std::filesystem::path part = path;
    part += ".part";
    // What a crash left of an earlier try is worth nothing.
    ::unlink(part.c_str());
    Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    bool const is_written = file.number() >= 0 && ::fchmod(file.number(), mode) == 0 &&
                            write_all(file.number(), text) && ::fsync(file.number()) == 0 && file.close() &&
                            ::rename(part.c_str(), path.c_str()) == 0;
    if (!is_written) {
        int const cause = errno;
        ::unlink(part.c_str());
        refuse("write", path, cause);
    }
    sync_folder_of(path);
}

void remove_durably(std::filesystem::path const& path) {
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT) { return; }
        refuse("remove", path, errno);
    }
    sync_folder_of(path);
}

}  // namespace drydock
