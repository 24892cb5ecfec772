#include "server/token/vault.h"

#include "server/base/check.h"
#include "server/base/durable_file.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

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

struct CipherEnd {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherEnd>;

}  // namespace

Vault::Vault(std::array<std::byte, 32> const& key)
    : index_key_(hmac(key, as_bytes("drydock token index"))), value_key_(hmac(key, as_bytes("drydock token value"))) {}

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

TokenDigest Vault::digest(std::string_view token) const { return TokenDigest{hmac(index_key_, as_bytes(token))}; }

// No token is this text: it holds a blank.
TokenDigest Vault::key_check() const { return digest("key check"); }

std::string Vault::printed(TokenDigest const& digest) { return "tok#" + to_hex(digest.bytes).substr(0, 6); }

Bytes Vault::seal(Secret const& token, TokenDigest const& bound_to, Entropy& entropy) const {
    std::string const& text = token.reveal();
    Bytes out(k_nonce_bytes + text.size() + k_tag_bytes);
    entropy.fill(std::span(out).first(k_nonce_bytes));
    auto* at = reinterpret_cast<unsigned char*>(out.data());
    Cipher const cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    bool const is_sealed =
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(value_key_), at) == 1 &&
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
    Cipher const cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    bool const is_ours =
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(value_key_), raw(sealed)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &length, raw(bound_to.bytes),
                          static_cast<int>(bound_to.bytes.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), out, &length, raw(sealed) + k_nonce_bytes, static_cast<int>(size)) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, k_tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), out + size, &length) == 1;
    if (!is_ours) { return std::nullopt; }
    return Secret(std::move(text));
}

}  // namespace drydock
