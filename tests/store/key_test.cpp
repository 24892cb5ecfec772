// A store belongs to one vault key.
#include "server/base/real_loop.h"
#include "server/domain/lifecycle.h"
#include "server/store/sqlite_store.h"
#include "tests/benchmark/filled_store.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

using namespace drydock;

namespace {

Vault vault_of(unsigned char fill) {
    std::array<std::byte, 32> key{};
    key.fill(std::byte{fill});
    return Vault(key);
}

void open(std::filesystem::path const& file, Vault const* vault) {
    RealLoop real;
    auto const store = SqliteStore::open(real.loop(), file, SqliteStore::Commits::writer_thread, vault);
    CHECK(store->figures().waiting == 0);
}

// One live token, sealed by the vault.
void fill(std::filesystem::path const& file, Vault const& vault, Vault const* given) {
    RealLoop real;
    auto const store = SqliteStore::open(real.loop(), file, SqliteStore::Commits::writer_thread, given);
    bench::fill(*store, vault, real.loop().entropy, 1, [&real](bool const& is_done) {
        while (!is_done) {
            real.reactor().restart();
            real.reactor().run_one();
        }
    });
}

}  // namespace

TEST_CASE("a store is opened by its own key only, and stays unchanged under another", "[store][AUTH-08]") {
    test::TempDir const folder;
    auto const file = folder.path() / "store";
    Vault const own = vault_of(1);
    Vault const other = vault_of(2);
    fill(file, own, &own);
    CHECK_THROWS_WITH(open(file, &other), Catch::Contains("the token key does not belong to the store") &&
                                              Catch::Contains(file.string()) && Catch::Contains("Put back"));
    CHECK_NOTHROW(open(file, &own));
}

TEST_CASE("an empty store belongs to the first key it was opened with", "[store][AUTH-08]") {
    test::TempDir const folder;
    auto const file = folder.path() / "store";
    Vault const own = vault_of(1);
    Vault const other = vault_of(2);
    open(file, &own);
    CHECK_THROWS_WITH(open(file, &other), Catch::Contains("does not belong"));
}

TEST_CASE("a store without a check value is told by its tokens", "[store][AUTH-08]") {
    test::TempDir const folder;
    auto const file = folder.path() / "store";
    Vault const own = vault_of(1);
    Vault const other = vault_of(2);
    fill(file, own, nullptr);
    CHECK_THROWS_WITH(open(file, &other), Catch::Contains("does not belong"));
    CHECK_NOTHROW(open(file, &own));
    // Known from now on.
    CHECK_THROWS_WITH(open(file, &other), Catch::Contains("does not belong"));
}
