#include "server/base/real_loop.h"
#include "server/store/integrity_check.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

using namespace drydock;

namespace {

// A table of some 200 pages, closed in order, so that all of it is in the file itself.
std::filesystem::path filled_database(test::TempDir const& folder) {
    std::filesystem::path const file = folder.path() / "store";
    sqlite::Connection connection(file.string(), sqlite::Connection::Mode::read_write);
    connection.must_run("CREATE TABLE boxes(id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    connection.must_run(
        "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 2000) "
        "INSERT INTO boxes SELECT n, hex(randomblob(200)) FROM count");
    return file;
}

void overwrite_middle(std::filesystem::path const& file) {
    std::fstream raw(file, std::ios::in | std::ios::out | std::ios::binary);
    raw.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file) / 2 / 4096 * 4096));
    raw << std::string(4096, 'x');
}

}  // namespace

TEST_CASE("damage in a page is found behind the running server", "[store]") {
    test::TempDir const folder;
    std::filesystem::path const file = filled_database(folder);
    overwrite_middle(file);
    RealLoop real;
    std::string told;
    IntegrityCheck const check(real.loop(), file.string(), [&told](std::string const& what) { told = what; });
    while (told.empty()) {
        real.reactor().restart();
        real.reactor().run_one();
    }
    CHECK_FALSE(told.empty());
}

TEST_CASE("a whole database has no damage", "[store]") {
    test::TempDir const folder;
    sqlite::Connection connection(filled_database(folder).string(), sqlite::Connection::Mode::read_only);
    CHECK(find_damage(connection).empty());
}
