#include "server/net/tls.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace drydock {

namespace {

std::string last_words() {
    unsigned long const code = ERR_get_error();
    char text[256] = "no cause given";
    if (code != 0) { ERR_error_string_n(code, text, sizeof text); }
    ERR_clear_error();
    return text;
}

std::string read_file(std::filesystem::path const& path) {
    std::ifstream file(path);
    if (!file) { throw std::runtime_error("cannot read " + path.string()); }
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct BioEnd {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioEnd>;

Bio bio_of(std::string const& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

SSL_CTX* new_context(SSL_METHOD const* method) {
    SSL_CTX* context = SSL_CTX_new(method);
    if (context == nullptr) { throw std::runtime_error("no TLS context: " + last_words()); }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // Idle sessions give their buffers back; whole frames go out as whole records.
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    return context;
}

// Nonzero: the session is taken over.
int on_new_session(SSL* ssl, SSL_SESSION* session) {
    auto* const memory = static_cast<TlsMemory*>(SSL_get_app_data(ssl));
    if (memory == nullptr) { return 0; }
    memory->keep(session, SSL_session_reused(ssl) == 1);
    return 1;
}

struct CipherEnd {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};

// A server whose tickets are sealed by keys of ours.
class TicketingContext final : public TlsContext {
public:
    TicketingContext(SSL_CTX* context, std::shared_ptr<TicketKeys const> keys)
        : TlsContext(context), keys_(std::move(keys)), cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {
        if (!cipher_) { throw std::runtime_error("no AES-256-CBC for session tickets: " + last_words()); }
        SSL_CTX_set_app_data(context, this);
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
    }

private:
    // OpenSSL's contract: negative ends the handshake, 0 makes it a full one, 1 goes on, 2 goes on and gives a new
    // ticket.
    static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                         int is_sealing) {
        auto const* self = static_cast<TicketingContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
        if (is_sealing != 0) { return self->seal(name, iv, cipher, mac); }
        if (!self->open(name, iv, cipher, mac)) { return 0; }
        // TLS 1.3 wants each ticket used once, and agrees on new keys each time. A session of TLS 1.2 goes on with
        // the keys of its beginning, and ends with its first ticket.
        return SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
    }

    int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const {
        TicketKey const& key = keys_->newest();
        std::copy(key.name.begin(), key.name.end(), reinterpret_cast<std::byte*>(name));
        bool const is_ready = RAND_bytes(iv, EVP_CIPHER_get_iv_length(cipher_.get())) == 1 &&
                              EVP_EncryptInit_ex2(cipher, cipher_.get(), raw(key.cipher), iv, nullptr) == 1 &&
                              begin_mac(mac, key);
        return is_ready ? 1 : -1;
    }

    bool open(unsigned char const* name, unsigned char const* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const {
        TicketKey const* key = keys_->find({reinterpret_cast<std::byte const*>(name), sizeof(TicketKey::name)});
        return key != nullptr && EVP_DecryptInit_ex2(cipher, cipher_.get(), raw(key->cipher), iv, nullptr) == 1 &&
               begin_mac(mac, *key);
    }

    static unsigned char const* raw(std::array<std::byte, 32> const& key) {
        return reinterpret_cast<unsigned char const*>(key.data());
    }

    static bool begin_mac(EVP_MAC_CTX* mac, TicketKey const& key) {
        std::array<char, 7> digest{"SHA256"};
        std::array<OSSL_PARAM, 2> const settings{
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
        return EVP_MAC_init(mac, raw(key.mac), key.mac.size(), settings.data()) == 1;
    }

    std::shared_ptr<TicketKeys const> keys_;
    std::unique_ptr<EVP_CIPHER, CipherEnd> cipher_;
};

// A client that remembers which certificate it found good.
class CheckingContext final : public TlsContext {
public:
    explicit CheckingContext(SSL_CTX* context) : TlsContext(context) {
        SSL_CTX_set_cert_verify_callback(context, on_certificate, this);
    }

private:
    static constexpr int k_uses_max = 1000;
    using Digest = std::array<unsigned char, 32>;

    static int on_certificate(X509_STORE_CTX* check, void* self) {
        return static_cast<CheckingContext*>(self)->is_good(check) ? 1 : 0;
    }

    // The full check covers chain, dates and host; only the very same certificate for the same host is known.
    bool is_good(X509_STORE_CTX* check) {
        X509* const leaf = X509_STORE_CTX_get0_cert(check);
        Digest digest{};
        std::string const host = host_of(X509_STORE_CTX_get0_param(check));
        bool const can_know = X509_digest(leaf, EVP_sha256(), digest.data(), nullptr) == 1 && !host.empty();
        bool const is_known = can_know && uses_left_ > 0 && digest == known_ && host == known_host_ &&
                              X509_cmp_current_time(X509_get0_notAfter(leaf)) > 0;
        if (is_known) {
            --uses_left_;
            X509_STORE_CTX_set_error(check, X509_V_OK);
            return true;
        }
        if (X509_verify_cert(check) != 1) { return false; }
        if (can_know) {
            known_ = digest;
            known_host_ = host;
            uses_left_ = k_uses_max;
        }
        return true;
    }

    // The name or the numeric address that the certificate must carry.
    static std::string host_of(X509_VERIFY_PARAM* param) {
        if (char const* const name = X509_VERIFY_PARAM_get0_host(param, 0)) { return name; }
        char* const address = X509_VERIFY_PARAM_get1_ip_asc(param);
        std::string text = address == nullptr ? "" : address;
        OPENSSL_free(address);
        return text;
    }

    Digest known_{};
    std::string known_host_;
    int uses_left_ = 0;
};

}  // namespace

TlsMemory::~TlsMemory() { SSL_SESSION_free(static_cast<SSL_SESSION*>(session_)); }

void TlsMemory::keep(void* session, bool was_resumed) {
    SSL_SESSION_free(static_cast<SSL_SESSION*>(session_));
    session_ = session;
    if (was_resumed) { ++resumptions_; }
}

TlsContext::~TlsContext() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

std::shared_ptr<TlsContext> TlsContext::server_from_text(std::string const& certificate, std::string const& key,
                                                         std::shared_ptr<TicketKeys const> tickets) {
    SSL_CTX* context = new_context(TLS_server_method());
    std::shared_ptr<TlsContext> made;
    if (tickets) {
        made = std::make_shared<TicketingContext>(context, std::move(tickets));
    } else {
        made = std::make_shared<TlsContext>(context);
    }
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, std::chrono::seconds(k_ticket_life).count());
    Bio const chain = bio_of(certificate);
    std::unique_ptr<X509, decltype(&X509_free)> const leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr),
                                                           &X509_free);
    Bio const key_text = bio_of(key);
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> const secret(
        PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    if (!leaf || !secret || SSL_CTX_use_certificate(context, leaf.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, secret.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
        throw std::runtime_error("the TLS certificate and its key do not fit: " + last_words());
    }
    // A session belongs to the certificate that began it: with another one, devices must see that.
    std::array<unsigned char, 32> digest{};
    X509_digest(leaf.get(), EVP_sha256(), digest.data(), nullptr);
    SSL_CTX_set_session_id_context(context, digest.data(), digest.size());
    return made;
}

std::shared_ptr<TlsContext> TlsContext::server(std::filesystem::path const& certificate,
                                               std::filesystem::path const& key,
                                               std::shared_ptr<TicketKeys const> tickets) {
    return server_from_text(read_file(certificate), read_file(key), std::move(tickets));
}

std::shared_ptr<TlsContext> TlsContext::client_from_text(std::string const& trusted, Verify verify) {
    SSL_CTX* context = new_context(TLS_client_method());
    std::shared_ptr<TlsContext> made;
    if (verify == Verify::yes) {
        made = std::make_shared<CheckingContext>(context);
    } else {
        made = std::make_shared<TlsContext>(context);
    }
    Bio const text = bio_of(trusted);
    bool is_any = false;
    while (X509* authority = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
        is_any = true;
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
        X509_free(authority);
    }
    ERR_clear_error();
    if (verify == Verify::yes && !is_any) { throw std::runtime_error("no certificate in PEM form is there to trust"); }
    // Nothing is kept here: each client's memory is its own.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_new_session);
    SSL_CTX_set_verify(context, verify == Verify::yes ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    return made;
}

std::shared_ptr<TlsContext> TlsContext::client(std::filesystem::path const& trusted, Verify verify) {
    return client_from_text(read_file(trusted), verify);
}

}  // namespace drydock
