// Tokens at rest (SEC-02): a keyed hash to find them by and an AES-256-GCM value to export them
// from. The key stays outside the database. Thread-safe after construction.
#pragma once

#include "server/base/bytes.h"
#include "server/base/entropy.h"
#include "server/token/token.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

// HMAC-SHA-256 of a token under the vault's key.
struct TokenDigest {
    std::array<std::byte, 32> bytes{};
    friend auto operator<=>(TokenDigest const&, TokenDigest const&) = default;
    // Every login compares one: the default would go byte by byte.
    friend bool operator==(TokenDigest const& a, TokenDigest const& b) {
        return std::memcmp(a.bytes.data(), b.bytes.data(), sizeof a.bytes) == 0;
    }
};
struct TokenDigestHash {
    std::size_t operator()(TokenDigest const& digest) const noexcept {
        std::size_t word = 0;
        std::memcpy(&word, digest.bytes.data(), sizeof word);
        return word;
    }
};

class Vault {
public:
    // `key` is 32 bytes.
    explicit Vault(std::array<std::byte, 32> const& key);
    // Reads the key file (64 hexadecimal digits) or makes it with mode 0600.
    // Throws std::runtime_error with the file and the cause.
    [[nodiscard]] static Vault open(std::filesystem::path const& key_file, Entropy& entropy);

    [[nodiscard]] TokenDigest digest(std::string_view token) const;
    // Tells this key from every other without telling anything about it: kept beside the data.
    [[nodiscard]] TokenDigest key_check() const;
    // How a token is printed everywhere: "tok#" and six hexadecimal digits of its digest.
    [[nodiscard]] static std::string printed(TokenDigest const& digest);
    // Nonce, ciphertext and tag, bound to the token's digest: one token's value cannot stand in
    // another's row.
    [[nodiscard]] Bytes seal(Secret const& token, TokenDigest const& bound_to, Entropy& entropy) const;
    // Nothing when the bytes were not sealed by this key for this digest.
    [[nodiscard]] std::optional<Secret> unseal(BytesView sealed, TokenDigest const& bound_to) const;

private:
    // The keys, which copies share and the last one wipes, and what would otherwise be looked up by name, or
    // hashed again, for every token.
    struct Prepared;

    std::shared_ptr<Prepared> prepared_;
};

}  // namespace drydock
