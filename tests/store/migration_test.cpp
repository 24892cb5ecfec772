// Files that older versions wrote.
#include "server/base/real_loop.h"
#include "server/store/schema.h"
#include "server/store/sqlite_store.h"
#include "tests/support/commit.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

using namespace drydock;

namespace {

constexpr std::uint64_t k_with_whole_digests_in_indexes = 2;

TokenDigest digest(unsigned char fill) {
    TokenDigest made;
    made.bytes.fill(std::byte{fill});
    return made;
}

// Three tokens as version 2 wrote them: a claimed one, a fresh one, a deleted one.
void write_old_store(std::filesystem::path const& file) {
    sqlite::Connection connection(file.string(), sqlite::Connection::Mode::read_write);
    migrate(connection, k_with_whole_digests_in_indexes);
    connection.must_run("INSERT INTO organizations(parent, name, plan) VALUES(0, 'Drydock', 1), (1, 'Maker', 1)");
    constexpr unsigned char k_first = 1;
    for (unsigned char i = 0; i < 3; ++i) {
        sqlite::Statement put(connection,
                              "INSERT INTO tokens(origin, template, batch, state, holder, owner, epoch, device_name, "
                              "given_name, metadata, auth_digest, auth_sealed, qr_digest, qr_sealed, created) "
                              "VALUES(2, 1, 1, ?, ?, ?, ?, 'box', 'mine', x'', ?, x'01', ?, x'02', 7)");
        constexpr std::array k_states{TokenState::claimed, TokenState::generated, TokenState::deleted};
        put.bind(static_cast<std::uint64_t>(k_states[i])).bind(std::uint64_t{i == 0 ? 1U : 0U});
        put.bind(std::uint64_t{i == 0 ? 4U : 0U}).bind(std::uint64_t{i == 0 ? 9U : 0U});
        put.bind(BytesView(digest(static_cast<unsigned char>(k_first + i)).bytes));
        put.bind(BytesView(digest(static_cast<unsigned char>(k_first + 100 + i)).bytes));
        REQUIRE_FALSE(put.step());
        REQUIRE_FALSE(put.failed());
    }
}

Change with_tokens(std::vector<TokenDigest> const& auth) {
    NewBatch batch;
    batch.origin = OrganizationId{2};
    batch.template_id = TemplateId{1};
    for (std::size_t i = 0; i < auth.size(); ++i) {
        NewToken token;
        token.auth_digest = auth[i];
        token.qr_digest = digest(static_cast<unsigned char>(200 + i));
        batch.tokens.push_back(std::move(token));
    }
    Change change;
    change.writes.push_back(std::move(batch));
    return change;
}

}  // namespace

TEST_CASE("tokens of an older file keep their logins, codes, owners and numbers", "[store][GEN-02]") {
    test::TempDir const folder;
    auto const file = folder.path() / "store";
    write_old_store(file);
    RealLoop real;
    auto const store = SqliteStore::open(real.loop(), file, SqliteStore::Commits::writer_thread);
    auto const claimed = store->find_login(digest(1));
    REQUIRE(claimed.value().has_value());
    CHECK(claimed.value()->state == TokenState::claimed);
    CHECK(claimed.value()->epoch == 9);
    CHECK(claimed.value()->place == OrganizationId{1});
    CHECK(store->find_login(digest(2)).value()->place == OrganizationId{2});
    CHECK(store->find_login(digest(3)).value()->state == TokenState::deleted);
    auto const by_code = store->token_by_qr(digest(101));
    REQUIRE(by_code.value().has_value());
    CHECK(by_code.value()->id == TokenId{1});
    CHECK(by_code.value()->owner == UserId{4});
    CHECK(by_code.value()->given_name == "mine");
    // The next number is one that no token had before.
    auto const made = test::commit(real, *store, with_tokens({digest(50)}));
    REQUIRE(made.has_value());
    CHECK(made->ids == std::vector<std::uint64_t>{1, 4});
}

TEST_CASE("a file of an older version is brought up once", "[store]") {
    test::TempDir const folder;
    auto const file = folder.path() / "store";
    write_old_store(file);
    for (int i = 0; i < 2; ++i) {
        RealLoop real;
        auto const store = SqliteStore::open(real.loop(), file, SqliteStore::Commits::writer_thread);
        CHECK(store->find_login(digest(1)).value().has_value());
    }
    sqlite::Connection connection(file.string(), sqlite::Connection::Mode::read_only);
    sqlite::Statement ask(connection, "PRAGMA user_version");
    REQUIRE(ask.step());
    CHECK(ask.number(0) == newest_version());
}

TEST_CASE("no token is written whose digest begins like another", "[store][GEN-02]") {
    test::TempDir const folder;
    RealLoop real;
    auto const store = SqliteStore::open(real.loop(), folder.path() / "store", SqliteStore::Commits::writer_thread);
    TokenDigest twin = digest(1);
    twin.bytes.back() = std::byte{9};
    REQUIRE(test::commit(real, *store, with_tokens({digest(1)})).has_value());
    auto const refused = test::commit(real, *store, with_tokens({digest(7), twin}));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == cloud_errc::already_exists);
    CHECK_FALSE(store->find_login(digest(7)).value().has_value());
}

TEST_CASE("a digest that only begins like a stored one is not that one", "[store][CLAIM-01]") {
    test::TempDir const folder;
    RealLoop real;
    auto const store = SqliteStore::open(real.loop(), folder.path() / "store", SqliteStore::Commits::writer_thread);
    REQUIRE(test::commit(real, *store, with_tokens({digest(1)})).has_value());
    TokenDigest alike = digest(200);
    CHECK(store->token_by_qr(alike).value().has_value());
    alike.bytes.back() = std::byte{9};
    CHECK_FALSE(store->token_by_qr(alike).value().has_value());
    TokenDigest login = digest(1);
    login.bytes.back() = std::byte{9};
    CHECK_FALSE(store->find_login(login).value().has_value());
}

TEST_CASE("what older tokens take of a plan counts on", "[store][GEN-02]") {
    test::TempDir const folder;
    auto const file = folder.path() / "store";
    write_old_store(file);
    RealLoop real;
    auto const store = SqliteStore::open(real.loop(), file, SqliteStore::Commits::writer_thread);
    CHECK(test::room_taken<TokenRoom>(real, *store, OrganizationId{2}) == 2);
    CHECK(test::room_taken<DeviceRoom>(real, *store, OrganizationId{1}) == 1);
}
