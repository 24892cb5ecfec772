#include "server/base/real_loop.h"
#include "server/domain/lifecycle.h"
#include "server/store/login_reader.h"
#include "server/store/packing.h"
#include "server/store/sqlite_store.h"
#include "tests/support/commit.h"
#include "tests/support/printing.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace drydock;

namespace {

// A store on a file with its writer thread, on a real loop.
struct Fixture {
    explicit Fixture(std::filesystem::path const& file)
        : path(file), store(SqliteStore::open(real.loop(), file, SqliteStore::Commits::writer_thread)) {}

    result<Receipt> commit(Change change) { return test::commit(real, *store, std::move(change)); }
    [[nodiscard]] Token token(std::uint64_t id) const { return **store->token(TokenId{id}); }
    std::uint64_t minted(std::uint64_t organization) {
        return test::room_taken<TokenRoom>(real, *store, OrganizationId{organization});
    }
    std::uint64_t held(std::uint64_t organization) {
        return test::room_taken<DeviceRoom>(real, *store, OrganizationId{organization});
    }

    // Counted one by one, past the store.
    [[nodiscard]] std::uint64_t rows(std::string const& where, std::uint64_t organization) const {
        sqlite::Connection reading(path.string(), sqlite::Connection::Mode::read_only);
        std::string const question = "SELECT count(*) FROM tokens WHERE " + where;
        sqlite::Statement ask(reading, question.c_str());
        REQUIRE(ask.bind(organization).step());
        return ask.number(0);
    }

    std::filesystem::path path;
    RealLoop real;
    std::unique_ptr<SqliteStore> store;
};

TokenDigest digest(unsigned char fill) {
    TokenDigest made;
    made.bytes.fill(std::byte{fill});
    return made;
}

Change with_token(unsigned char fill, std::string name) {
    NewToken token;
    token.auth_digest = digest(fill);
    token.qr_digest = digest(static_cast<unsigned char>(fill + 1));
    token.auth_sealed = Bytes(60, std::byte{9});
    token.qr_sealed = Bytes(64, std::byte{9});
    token.device_name = std::move(name);
    NewBatch batch;
    batch.origin = OrganizationId{1};
    batch.template_id = TemplateId{1};
    batch.tokens.push_back(std::move(token));
    Change change;
    change.writes.push_back(std::move(batch));
    return change;
}

// A batch of so many.
Change with_tokens(std::size_t count) {
    Change many = with_token(200, "box");
    auto& tokens = std::get<NewBatch>(many.writes.front()).tokens;
    while (tokens.size() < count) {
        NewToken next = tokens.front();
        for (TokenDigest* const one : {&next.auth_digest, &next.qr_digest}) {
            one->bytes[0] = static_cast<std::byte>(tokens.size() % 256);
            one->bytes[1] = static_cast<std::byte>(tokens.size() / 256);
        }
        tokens.push_back(std::move(next));
    }
    return many;
}

Change ground() {
    Change change;
    change.writes.push_back(NewOrganization{OrganizationId{}, "Drydock", Plan::business});
    change.writes.push_back(NewUser{OrganizationId{1}, "a@b.example", "A", Role::admin, "hash"});
    change.writes.push_back(NewTemplate{OrganizationId{1}, "t", "TMPLx", {{"Serial Number", FieldType::text}}});
    return change;
}

}  // namespace

TEST_CASE("what was committed is there after a restart, login index included", "[store]") {
    test::TempDir const folder;
    {
        Fixture first(folder.path() / "store");
        REQUIRE(first.commit(ground()));
        REQUIRE(first.commit(with_token(10, "box")));
    }
    Fixture again(folder.path() / "store");
    CHECK((*again.store->find_login(digest(10)))->state == TokenState::generated);
    CHECK((*again.store->token(TokenId{1}))->device_name == "box");
    CHECK((*again.store->template_by_id(TemplateId{1}))->fields.at(0).name == "Serial Number");
    CHECK_FALSE(*again.store->find_login(digest(77)));
}

TEST_CASE("fifty claims decided on the same snapshot have one winner", "[store][CLAIM-05]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    REQUIRE(fixture.commit(with_token(10, "box")));
    Token const token = **fixture.store->token(TokenId{1});
    int winners = 0;
    int losers = 0;
    for (std::uint64_t user = 1; user <= 50; ++user) {
        Change change;
        change.writes.push_back(*lifecycle::claim(token, Claimer{UserId{user}, OrganizationId{1}})->update);
        fixture.store->commit(std::move(change), [&](result<Receipt> done) { ++(done ? winners : losers); });
    }
    while (winners + losers < 50) {
        fixture.real.reactor().restart();
        fixture.real.reactor().run_one();
    }
    CHECK(winners == 1);
    CHECK((*fixture.store->token(TokenId{1}))->epoch == 1);
}

TEST_CASE("a guard that no longer holds fails the whole change", "[store][C14]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    Change stale = with_token(10, "box");
    stale.guards.push_back(UserUnchanged{UserId{1}, 2});
    CHECK(fixture.commit(stale).error() == make_error_code(cloud_errc::conflict));
    Change full = with_token(10, "box");
    full.guards.push_back(TokenRoom{OrganizationId{1}, 1, 0});
    CHECK(fixture.commit(full).error() == make_error_code(cloud_errc::over_limit));
    CHECK(fixture.store->tokens_of(OrganizationId{1}, Page{})->items.empty());
}

TEST_CASE("a plan counts the tokens that were minted and the devices that are held, wherever they went",
          "[store][CLAIM-01][GEN-02]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    Change customer;
    customer.writes.push_back(NewOrganization{OrganizationId{1}, "Customer", Plan::business});
    REQUIRE(fixture.commit(customer));
    REQUIRE(fixture.commit(with_tokens(4)));
    // Each step against a count of the rows.
    auto const after = [&](result<Decision> const& decision) {
        Change change;
        change.writes.push_back(decision.value().update.value());
        REQUIRE(fixture.commit(std::move(change)));
        for (std::uint64_t const organization : {1U, 2U}) {
            CHECK(fixture.minted(organization) == fixture.rows("origin = ? AND state <> 5", organization));
            CHECK(fixture.held(organization) == fixture.rows("holder = ? AND holder <> 0", organization));
        }
    };
    Claimer const customer_one{UserId{1}, OrganizationId{2}};
    Claimer const maker{UserId{2}, OrganizationId{1}};
    CHECK(fixture.minted(1) == 4);
    CHECK(fixture.held(1) == 0);
    after(lifecycle::connect(fixture.token(1)));
    CHECK(fixture.held(1) == 1);
    after(lifecycle::claim(fixture.token(1), customer_one));
    after(lifecycle::claim(fixture.token(2), customer_one));
    CHECK(fixture.held(1) == 0);
    CHECK(fixture.held(2) == 2);
    after(lifecycle::rename(fixture.token(2), "mine"));
    after(lifecycle::transfer(fixture.token(1), maker, lifecycle::History::goes_along));
    CHECK(fixture.held(1) == 1);
    after(lifecycle::transfer(fixture.token(1), customer_one, lifecycle::History::goes_along));
    after(lifecycle::release(fixture.token(1)));
    after(lifecycle::disclaim(fixture.token(2)));
    CHECK(fixture.held(2) == 0);
    after(lifecycle::claim(fixture.token(2), maker));
    after(lifecycle::remove(fixture.token(2), lifecycle::ClaimedIncluded::yes));
    after(lifecycle::connect(fixture.token(3)));
    after(lifecycle::remove(fixture.token(3), lifecycle::ClaimedIncluded::no));
    CHECK(fixture.held(1) == fixture.rows("holder = ? AND holder <> 0", 1));
    CHECK(fixture.minted(1) == 2);
    CHECK(fixture.minted(2) == 0);
    // A batch that is refused halfway takes no room.
    CHECK_FALSE(fixture.commit(with_tokens(2)));
    CHECK(fixture.minted(1) == 2);
}

TEST_CASE("a claim that looked its code up before it was re-issued is refused", "[store][E32]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    REQUIRE(fixture.commit(with_token(10, "box")));
    Token const token = **fixture.store->token(TokenId{1});
    Change claim;
    claim.guards.push_back(QrUnchanged{token.id, digest(11)});
    claim.writes.push_back(*lifecycle::claim(token, Claimer{UserId{1}, OrganizationId{1}})->update);
    Change reissue;
    reissue.writes.push_back(*lifecycle::reissue_qr(token)->update);
    reissue.writes.push_back(ReplaceQr{token.id, digest(12), Bytes(64, std::byte{9})});
    REQUIRE(fixture.commit(reissue));
    // State, epoch and lock are as they were: only the code is another.
    CHECK(fixture.commit(claim).error() == make_error_code(cloud_errc::cannot_be_claimed));
    CHECK((*fixture.store->token(token.id))->epoch == 0);
    CHECK_FALSE(*fixture.store->token_by_qr(digest(11)));
    CHECK(fixture.store->figures().refused == 1);
}

TEST_CASE("the same idempotency key writes once and answers alike", "[store][API-04]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    Change change = with_token(10, "box");
    change.idempotency.emplace(UserId{1}, "key");
    auto const first = fixture.commit(change);
    auto const second = fixture.commit(change);
    REQUIRE(second);
    CHECK(second->is_replay);
    CHECK(second->ids == first->ids);
}

TEST_CASE("a name in use is told from a failing database", "[store]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    Change twice;
    twice.writes.push_back(NewUser{OrganizationId{1}, "a@b.example", "B", Role::user, "hash"});
    CHECK(fixture.commit(twice).error() == make_error_code(cloud_errc::already_exists));
}

TEST_CASE("a change that fails halfway takes no other of its group with it, and leaves nothing", "[store]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    Change halfway;
    halfway.writes.push_back(NewOrganization{OrganizationId{1}, "never", Plan::business});
    halfway.writes.push_back(NewUser{OrganizationId{1}, "a@b.example", "taken", Role::user, "hash"});
    // Whatever the writer takes together: each change fares as it would alone.
    std::vector<std::string> outcomes(3);
    std::size_t told = 0;
    auto const note = [&](std::size_t place) {
        return [&outcomes, &told, place](result<Receipt> done) {
            outcomes[place] = done ? "written" : done.error().message();
            ++told;
        };
    };
    // A batch that takes the connection for a while, so that the others wait together for it.
    Change many = with_tokens(1000);
    fixture.store->commit(std::move(many), [&](result<Receipt> const& done) { CHECK(done.has_value()); });
    fixture.store->commit(with_token(10, "before"), note(0));
    fixture.store->commit(halfway, note(1));
    fixture.store->commit(with_token(20, "behind"), note(2));
    while (told < outcomes.size()) {
        fixture.real.reactor().restart();
        fixture.real.reactor().run_one();
    }
    CHECK(outcomes ==
          std::vector<std::string>{"written", make_error_code(cloud_errc::already_exists).message(), "written"});
    CHECK(fixture.store->children(OrganizationId{1}, Page{})->items.empty());
    CHECK((*fixture.store->find_login(digest(10))).has_value());
    CHECK((*fixture.store->find_login(digest(20))).has_value());
    StoreFigures const figures = fixture.store->figures();
    CHECK(figures.changes >= 3);
    CHECK(figures.refused == 1);
}

TEST_CASE("the loop has a turn now and then while many tokens are written", "[store][GEN-02]") {
    test::TempDir const folder;
    Fixture fixture(folder.path() / "store");
    REQUIRE(fixture.commit(ground()));
    Change many = with_tokens(1000);
    bool is_done = false;
    fixture.store->commit(std::move(many), [&is_done](result<Receipt> const& done) { is_done = done.has_value(); });
    std::size_t turns = 0;
    while (!is_done) {
        fixture.real.reactor().restart();
        turns += fixture.real.reactor().run_one();
    }
    CHECK(turns >= 10);
}

TEST_CASE("a deleted token leaves hashes and nothing else", "[store][DEL-07]") {
    test::TempDir const folder;
    std::string const name = "a name that must not stay";
    {
        Fixture fixture(folder.path() / "store");
        REQUIRE(fixture.commit(ground()));
        REQUIRE(fixture.commit(with_token(10, name)));
        Token const token = **fixture.store->token(TokenId{1});
        Change change;
        change.writes.push_back(*lifecycle::remove(token, lifecycle::ClaimedIncluded::no)->update);
        REQUIRE(fixture.commit(change));
        CHECK((*fixture.store->find_login(digest(10)))->state == TokenState::deleted);
        CHECK_FALSE(*fixture.store->sealed(TokenId{1}));
    }
    std::ifstream file(folder.path() / "store", std::ios::binary);
    std::string const all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    CHECK(all.find(name) == std::string::npos);
}

TEST_CASE("two threads read the logins that one would", "[store]") {
    test::TempDir const folder;
    auto const file = folder.path() / "store";
    constexpr std::size_t k_tokens = 300;
    {
        Fixture fixture(file);
        REQUIRE(fixture.commit(ground()));
        REQUIRE(fixture.commit(with_tokens(k_tokens)));
    }
    sqlite::Connection connection(file.string(), sqlite::Connection::Mode::read_write);
    // Numbers need not follow each other: most are in the lower half.
    connection.must_run("UPDATE tokens SET id = id + 10000 WHERE id > 290");
    LoginIndex by_two;
    read_logins(connection, file.string(), by_two, 1);
    LoginIndex by_one;
    read_logins(connection, file.string(), by_one);
    CHECK(by_two.size() == k_tokens);
    CHECK(by_one.size() == k_tokens);
    sqlite::Statement ask(connection, "SELECT auth_digest, id FROM tokens");
    while (ask.step()) {
        LoginEntry const* const found = by_two.find(packing::digest_from(ask.view(0)));
        REQUIRE(found != nullptr);
        CHECK(found->id == TokenId{ask.number(1)});
    }
    LoginIndex none;
    auto const other_file = (folder.path() / "elsewhere").string();
    CHECK_THROWS_AS(read_logins(connection, other_file, none, 1), std::runtime_error);
}

TEST_CASE("a file that is no database is refused with its name", "[store]") {
    test::TempDir const folder;
    std::ofstream(folder.path() / "store") << std::string(4096, 'x');
    CHECK_THROWS_AS(Fixture(folder.path() / "store"), std::runtime_error);
}
