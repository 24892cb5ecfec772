#include "server/base/durable_file.h"
#include "server/net/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace drydock {

namespace {

constexpr long k_valid_seconds = 60L * 60 * 24 * 825;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void must(bool holds, char const* what) {
    if (!holds) { throw std::runtime_error(std::string("cannot make a development certificate: ") + what); }
}

enum class KeyKind { p256, ed25519 };

Key new_key(KeyKind kind) {
    EVP_PKEY* key = kind == KeyKind::p256 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    must(key != nullptr, "key");
    return {key, &EVP_PKEY_free};
}

void extend(X509* certificate, X509* issuer, int id, char const* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
    must(extension != nullptr, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

enum class Use { authority, server };

Certificate new_certificate(char const* name, EVP_PKEY* key, Use use, X509* issuer, EVP_PKEY* signer, KeyKind kind) {
    Certificate made(X509_new(), &X509_free);
    X509_set_version(made.get(), 2);
    unsigned char serial[16];
    must(RAND_bytes(serial, sizeof serial) == 1, "serial number");
    serial[0] &= 0x7fU;
    BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get()));
    BN_free(number);
    // A day back, for clocks that are a little behind.
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -86400);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), k_valid_seconds);
    X509_set_pubkey(made.get(), key);
    X509_NAME* subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(name), -1, -1, 0);
    X509* const by = issuer == nullptr ? made.get() : issuer;
    X509_set_issuer_name(made.get(), X509_get_subject_name(by));
    if (use == Use::authority) {
        extend(made.get(), by, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
        extend(made.get(), by, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        extend(made.get(), by, NID_basic_constraints, "critical,CA:FALSE");
        extend(made.get(), by, NID_key_usage, "critical,digitalSignature");
        extend(made.get(), by, NID_ext_key_usage, "serverAuth");
        extend(made.get(), by, NID_subject_alt_name, "DNS:localhost,DNS:cloud,IP:127.0.0.1,IP:::1");
    }
    must(X509_sign(made.get(), signer, kind == KeyKind::p256 ? EVP_sha256() : nullptr) != 0, "signature");
    return made;
}

std::string text_of(X509* certificate) {
    std::unique_ptr<BIO, decltype(&BIO_free)> const out(BIO_new(BIO_s_mem()), &BIO_free);
    must(PEM_write_bio_X509(out.get(), certificate) == 1, "text");
    char* data = nullptr;
    long const length = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(length)};
}

std::string text_of(EVP_PKEY* key) {
    std::unique_ptr<BIO, decltype(&BIO_free)> const out(BIO_new(BIO_s_mem()), &BIO_free);
    must(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "key text");
    char* data = nullptr;
    long const length = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(length)};
}

TlsTexts make(KeyKind kind) {
    Key const authority_key = new_key(kind);
    Key const server_key = new_key(kind);
    Certificate const authority = new_certificate("Drydock development authority", authority_key.get(), Use::authority,
                                                  nullptr, authority_key.get(), kind);
    Certificate const server =
        new_certificate("localhost", server_key.get(), Use::server, authority.get(), authority_key.get(), kind);
    return {text_of(authority.get()), text_of(server.get()), text_of(server_key.get())};
}

}  // namespace

TlsTexts make_world_certificate() { return make(KeyKind::ed25519); }

DevelopmentCa ensure_development_ca(std::filesystem::path const& folder) {
    DevelopmentCa files{folder / "ca.pem", folder / "server.pem", folder / "server.key"};
    if (std::filesystem::exists(files.authority) && std::filesystem::exists(files.certificate) &&
        std::filesystem::exists(files.key)) {
        return files;
    }
    std::filesystem::create_directories(folder);
    TlsTexts const texts = make(KeyKind::p256);
    // The authority last: with it there are all three, and before it none is looked at.
    write_durably(files.key, texts.key, 0600);
    write_durably(files.certificate, texts.certificate, 0644);
    write_durably(files.authority, texts.authority, 0644);
    return files;
}

}  // namespace drydock
