#include "server/base/durable_file.h"

#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <iterator>

#include <sys/resource.h>
#include <sys/stat.h>

using namespace drydock;

namespace {

std::string text_of(std::filesystem::path const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t files_in(std::filesystem::path const& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

// While it lives no file of this process may grow beyond so many bytes, as on a full disk.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const now{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(FullDisk const&) = delete;
    FullDisk& operator=(FullDisk const&) = delete;

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("a file is written whole, with its mode, over an older one and over what a crash left", "[base]") {
    test::TempDir const folder;
    auto const path = folder.path() / "key";
    std::ofstream(folder.path() / "key.part") << "half of";
    write_durably(path, "first\n", 0600);
    write_durably(path, "second\n", 0600);
    CHECK(text_of(path) == "second\n");
    struct stat facts {};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777U) == 0600U);
    CHECK(files_in(folder.path()) == 1);
    remove_durably(path);
    remove_durably(path);
    CHECK(files_in(folder.path()) == 0);
}

TEST_CASE("a write that fails leaves the older file as it was and nothing half beside it", "[base]") {
    test::TempDir const folder;
    auto const path = folder.path() / "key";
    write_durably(path, "the old key\n", 0600);
    {
        FullDisk const full(3);
        CHECK_THROWS_WITH(write_durably(path, "the new key\n", 0600), Catch::Contains(path.string()));
    }
    CHECK(text_of(path) == "the old key\n");
    CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a folder that is not there is told with the file's name", "[base]") {
    test::TempDir const folder;
    auto const path = folder.path() / "missing" / "key";
    CHECK_THROWS_WITH(write_durably(path, "x", 0600),
                      Catch::Contains("cannot write") && Catch::Contains(path.string()));
}
