#include "server/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

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

}  // namespace

TlsMemory::~TlsMemory() { SSL_SESSION_free(static_cast<SSL_SESSION*>(session_)); }

void TlsMemory::keep(void* session, bool was_resumed) {
    SSL_SESSION_free(static_cast<SSL_SESSION*>(session_));
    session_ = session;
    if (was_resumed) { ++resumptions_; }
}

TlsContext::~TlsContext() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

std::shared_ptr<TlsContext> TlsContext::server_from_text(std::string const& certificate, std::string const& key) {
    auto made = std::make_shared<TlsContext>(new_context(TLS_server_method()));
    auto* context = static_cast<SSL_CTX*>(made->native());
    SSL_CTX_set_num_tickets(context, 1);
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
    return made;
}

std::shared_ptr<TlsContext> TlsContext::server(std::filesystem::path const& certificate,
                                               std::filesystem::path const& key) {
    return server_from_text(read_file(certificate), read_file(key));
}

std::shared_ptr<TlsContext> TlsContext::client_from_text(std::string const& trusted, Verify verify) {
    auto made = std::make_shared<TlsContext>(new_context(TLS_client_method()));
    auto* context = static_cast<SSL_CTX*>(made->native());
    Bio const text = bio_of(trusted);
    while (X509* authority = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
        X509_free(authority);
    }
    ERR_clear_error();
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
