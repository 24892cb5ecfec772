#include "server/token/token.h"

#include "server/token/csv.h"
#include "server/token/qr_png.h"
#include "server/token/vault.h"
#include "sim/phone/qr_reader.h"
#include "tests/support/printing.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <set>

using namespace drydock;

TEST_CASE("minted AuthTokens are well formed, never begin with a dash and never repeat", "[token][GEN-07]") {
    SeededEntropy entropy{Random(Seed{7})};
    std::set<std::string> seen;
    for (int i = 0; i < 20'000; ++i) {
        std::string const text = mint_auth_token(entropy).reveal();
        REQUIRE(is_auth_token_text(text));
        REQUIRE(text.front() != '-');
        REQUIRE(text.front() != '_');
        REQUIRE(seen.insert(text).second);
    }
}

TEST_CASE("only static token codes are taken from a scan", "[token][QR-08]") {
    SeededEntropy entropy{Random(Seed{7})};
    Secret const qr = mint_qr_token(entropy);

    CHECK(parse_qr_text(qr.reveal())->organization == std::nullopt);
    CHECK(parse_qr_text(qr_text(qr, 749))->organization == 749);
    for (auto const* foreign :
         {"", "https://example.com", "WIFI:S:x;;", "MT:Y.K9042C00KA0648G00", "sqr_short", "sqr_"}) {
        CHECK_FALSE(parse_qr_text(foreign));
    }
    CHECK_FALSE(parse_qr_text(mint_auth_token(entropy).reveal()));
    CHECK_FALSE(parse_qr_text(qr.reveal() + "+x"));
    CHECK_FALSE(parse_qr_text(qr.reveal() + "+12345678901"));
}

TEST_CASE("a label's picture reads back to exactly its text", "[token][QR-01][QR-03]") {
    SeededEntropy entropy{Random(Seed{3})};
    for (int i = 0; i < 20; ++i) {
        std::string const text = qr_text(mint_qr_token(entropy), static_cast<std::uint64_t>(i) * 1'000'003);
        auto const png = qr_png(text);
        REQUIRE(png);
        auto const read = read_qr(*png);
        REQUIRE(read);
        CHECK(*read == text);
    }
}

TEST_CASE("a picture that holds no code is said to be unreadable", "[token]") {
    CHECK_FALSE(read_qr(as_bytes("not a picture")));
}

TEST_CASE("a sealed token opens only with its key and in its own row", "[token][SEC-02]") {
    SeededEntropy entropy{Random(Seed{5})};
    std::array<std::byte, 32> key{};
    entropy.fill(key);
    Vault const vault(key);
    Secret const token = mint_auth_token(entropy);
    Secret const other = mint_auth_token(entropy);
    Bytes sealed = vault.seal(token, vault.digest(token.reveal()), entropy);

    CHECK(vault.unseal(sealed, vault.digest(token.reveal())) == token);
    CHECK_FALSE(vault.unseal(sealed, vault.digest(other.reveal())));
    sealed[15] ^= std::byte{1};
    CHECK_FALSE(vault.unseal(sealed, vault.digest(token.reveal())));
    CHECK_FALSE(vault.unseal(Bytes(3), vault.digest(token.reveal())));
}

// Stores are filled with these digests: another one for the same text, and every device hears "invalid token".
TEST_CASE("a token's digest is its HMAC-SHA-256 under a key of the vault's key", "[token][SEC-02]") {
    Vault const vault(std::array<std::byte, 32>{std::byte{5}});
    CHECK(to_hex(vault.digest("").bytes) == "1a8d7a8275dc4df7b4c1d2d7c40509b4582557da5b38af56d2d337c63886e922");
    CHECK(to_hex(vault.digest("0123456789-_abcdefABCDEF01234567").bytes) ==
          "dbec427b09982d29cb1e886ec3e2482647309e3db08f3feec9366c9cce330c73");
    CHECK(to_hex(vault.digest(std::string(200, 'x')).bytes) ==
          "2697de1d5787699bd23d7d05ffee668b4b2550bf2659ba9b61efcf5e8dea634c");
}

TEST_CASE("the vault's key file is made once and read again", "[token]") {
    test::TempDir const folder;
    SystemEntropy entropy;
    Vault const first = Vault::open(folder.path() / "vault.key", entropy);
    Vault const second = Vault::open(folder.path() / "vault.key", entropy);
    CHECK(first.digest("x") == second.digest("x"));
    auto const mode = std::filesystem::status(folder.path() / "vault.key").permissions();
    CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a CSV file's faults are told all at once, with their places", "[token][CSV-09][CSV-11]") {
    CHECK(parse_csv("", 10).faults.at(0).code == "EMPTY_FILE");
    CHECK(parse_csv("a,b\n", 10).faults.at(0).code == "NO_DATA_ROWS");
    CHECK(parse_csv("a\n\xff\n", 10).faults.at(0).code == "ENCODING");
    auto const many = parse_csv("a,,a\n1,2,3\n1,2\n\"x\"y,2,3\n", 10);
    std::vector<std::string> codes;
    codes.reserve(many.faults.size());
    for (auto const& fault : many.faults) { codes.push_back(fault.code + "@" + std::to_string(fault.line)); }
    CHECK(codes == std::vector<std::string>{"EMPTY_HEADER@1", "DUP_HEADER@1", "QUOTE@4", "RAGGED_ROW@3"});
}

TEST_CASE("cells are kept byte for byte, quoted or not", "[token][CSV-11]") {
    auto const table = parse_csv(
        "\xef\xbb\xbf"
        "a;b\r\n007;\"1E5\"\"\r\n;\"\r\n\r\n",
        10);
    REQUIRE(table.faults.empty());
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows[0].cells == std::vector<std::string>{"007", "1E5\"\r\n;"});
}

TEST_CASE("a fault shows the cell at fault, in whole characters, and no cell beside it", "[token][CSV-11]") {
    auto const beside = parse_csv("name,token\nbo\"x,secret\n", 10);
    REQUIRE(beside.faults.size() == 1);
    CHECK(beside.faults[0].value == "bo\"x");
    auto const cut = parse_csv("a,b\n\"" + std::string(63, 'x') + "\xc3\xbc\"y,2\n", 10);
    REQUIRE_FALSE(cut.faults.empty());
    CHECK(cut.faults[0].value == std::string(63, 'x'));
}

TEST_CASE("a delimiter or line end inside a quoted header cell is text", "[token][CSV-11]") {
    auto const delimiters = parse_csv("\"a;b;c\",d\n1,2\n", 10);
    REQUIRE(delimiters.faults.empty());
    CHECK(delimiters.header == std::vector<std::string>{"a;b;c", "d"});
    auto const lines = parse_csv("\"a\nb\";d\n1;2\n", 10);
    REQUIRE(lines.faults.empty());
    CHECK(lines.header == std::vector<std::string>{"a\nb", "d"});
}

TEST_CASE("overlong forms, surrogates and points past the last one are no UTF-8", "[token][CSV-11]") {
    for (std::string const text : {"\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80"}) {
        CHECK(parse_csv("a\n" + text + "\n", 10).faults.at(0).code == "ENCODING");
    }
    CHECK(parse_csv("a\n\xf4\x8f\xbf\xbf\xed\x9f\xbf\n", 10).faults.empty());
}
