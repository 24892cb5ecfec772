// SHA-256 by its own functions (KeyedHash).
#define OPENSSL_SUPPRESS_DEPRECATED

#include "server/token/vault.h"

#include "server/base/check.h"
#include "server/base/durable_file.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace drydock {

namespace {

constexpr std::size_t k_nonce_bytes = 12;
constexpr std::size_t k_tag_bytes = 16;

unsigned char const* raw(BytesView bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }

std::array<std::byte, 32> hmac(BytesView key, BytesView text) {
    std::array<std::byte, 32> out{};
    unsigned length = 0;
    unsigned char const* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(text), text.size(),
                                     reinterpret_cast<unsigned char*>(out.data()), &length);
    DRYDOCK_CHECK(done != nullptr);
    DRYDOCK_CHECK(length == out.size());
    return out;
}

struct End {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
template <class T>
using Owned = std::unique_ptr<T, End>;

// HMAC-SHA-256 with the key's two blocks hashed once. OpenSSL calls these functions deprecated, but
// its newer ones allocate and lock for every token, and every login is one.
class KeyedHash {
public:
    explicit KeyedHash(std::array<std::byte, 32> const& key)
        : inner_(begun_with(key, std::byte{0x36})), outer_(begun_with(key, std::byte{0x5c})) {}

    ~KeyedHash() {
        OPENSSL_cleanse(&inner_, sizeof inner_);
        OPENSSL_cleanse(&outer_, sizeof outer_);
    }
    KeyedHash(KeyedHash const&) = delete;
    KeyedHash& operator=(KeyedHash const&) = delete;

    [[nodiscard]] std::array<std::byte, 32> operator()(BytesView text) const {
        auto const inner = finished(inner_, text);
        return finished(outer_, inner);
    }

private:
    static SHA256_CTX begun_with(std::array<std::byte, 32> const& key, std::byte pad) {
        std::array<std::byte, SHA256_CBLOCK> block{};
        std::copy(key.begin(), key.end(), block.begin());
        for (std::byte& one : block) { one ^= pad; }
        SHA256_CTX state;
        DRYDOCK_CHECK(SHA256_Init(&state) == 1 && SHA256_Update(&state, block.data(), block.size()) == 1);
        OPENSSL_cleanse(block.data(), block.size());
        return state;
    }
    static std::array<std::byte, 32> finished(SHA256_CTX state, BytesView text) {
        std::array<std::byte, 32> out{};
        DRYDOCK_CHECK(SHA256_Update(&state, text.data(), text.size()) == 1 &&
                      SHA256_Final(reinterpret_cast<unsigned char*>(out.data()), &state) == 1);
        return out;
    }

    SHA256_CTX inner_;
    SHA256_CTX outer_;
};

}  // namespace

struct Vault::Prepared {
    Prepared(std::array<std::byte, 32> const& its_value_key, std::array<std::byte, 32> const& index_key)
        : value_key(its_value_key), index(index_key), cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)) {
        DRYDOCK_CHECK(cipher != nullptr);
    }
    ~Prepared() { OPENSSL_cleanse(value_key.data(), value_key.size()); }
    Prepared(Prepared const&) = delete;
    Prepared& operator=(Prepared const&) = delete;

    std::array<std::byte, 32> value_key;
    KeyedHash index;
    Owned<EVP_CIPHER> cipher;
};

Vault::Vault(std::array<std::byte, 32> const& key)
    : prepared_(std::make_shared<Prepared>(hmac(key, as_bytes("drydock token value")),
                                           hmac(key, as_bytes("drydock token index")))) {}

Vault Vault::open(std::filesystem::path const& key_file, Entropy& entropy) {
    if (!std::filesystem::exists(key_file)) {
        std::array<std::byte, 32> fresh{};
        entropy.fill(fresh);
        std::string const text = to_hex(fresh) + "\n";
        write_durably(key_file, text, 0600);
    }
    std::ifstream file(key_file);
    std::string text;
    std::getline(file, text);
    auto const bytes = from_hex(text);
    if (!file || !bytes || bytes->size() != 32) {
        throw std::runtime_error("the token key file " + key_file.string() +
                                 " cannot be read or does not hold 64 hexadecimal digits");
    }
    std::array<std::byte, 32> key{};
    std::copy(bytes->begin(), bytes->end(), key.begin());
    return Vault(key);
}

TokenDigest Vault::digest(std::string_view token) const { return {prepared_->index(as_bytes(token))}; }

// No token is this text: it holds a blank.
TokenDigest Vault::key_check() const { return digest("key check"); }

std::string Vault::printed(TokenDigest const& digest) { return "tok#" + to_hex(digest.bytes).substr(0, 6); }

Bytes Vault::seal(Secret const& token, TokenDigest const& bound_to, Entropy& entropy) const {
    std::string const& text = token.reveal();
    Bytes out(k_nonce_bytes + text.size() + k_tag_bytes);
    entropy.fill(std::span(out).first(k_nonce_bytes));
    auto* at = reinterpret_cast<unsigned char*>(out.data());
    Owned<EVP_CIPHER_CTX> const cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    bool const is_sealed =
        EVP_EncryptInit_ex2(cipher.get(), prepared_->cipher.get(), raw(prepared_->value_key), at, nullptr) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &length, raw(bound_to.bytes),
                          static_cast<int>(bound_to.bytes.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), at + k_nonce_bytes, &length, raw(as_bytes(text)),
                          static_cast<int>(text.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), at + k_nonce_bytes + text.size(), &length) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, k_tag_bytes, at + k_nonce_bytes + text.size()) == 1;
    DRYDOCK_CHECK(is_sealed);
    return out;
}

std::optional<Secret> Vault::unseal(BytesView sealed, TokenDigest const& bound_to) const {
    if (sealed.size() < k_nonce_bytes + k_tag_bytes) { return std::nullopt; }
    std::size_t const size = sealed.size() - k_nonce_bytes - k_tag_bytes;
    std::string text(size, '\0');
    auto* out = reinterpret_cast<unsigned char*>(text.data());
    Bytes tag(sealed.end() - static_cast<std::ptrdiff_t>(k_tag_bytes), sealed.end());
    Owned<EVP_CIPHER_CTX> const cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    bool const is_ours =
        EVP_DecryptInit_ex2(cipher.get(), prepared_->cipher.get(), raw(prepared_->value_key), raw(sealed), nullptr) ==
            1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &length, raw(bound_to.bytes),
                          static_cast<int>(bound_to.bytes.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), out, &length, raw(sealed) + k_nonce_bytes, static_cast<int>(size)) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, k_tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), out + size, &length) == 1;
    if (!is_ours) { return std::nullopt; }
    return Secret(std::move(text));
}

}  // namespace drydock
