// TLS 1.2 and 1.3 by OpenSSL over any Stream: a decorator whose BIO reads and writes the inner
// stream directly, so that an idle session holds no buffer of ours. Loop thread only.
#pragma once

#include "server/net/stream.h"
#include "server/net/ticket_keys.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace drydock {

// A server's certificate and key, or a client's trust. Shared by all its streams.
class TlsContext {
public:
    enum class Verify { yes, no };

    // Throws std::runtime_error with the file and the cause when a file cannot be used. Tickets are sealed with
    // the keys given, which may be renewed meanwhile; with none, by keys that end with the context.
    [[nodiscard]] static std::shared_ptr<TlsContext> server(std::filesystem::path const& certificate,
                                                            std::filesystem::path const& key,
                                                            std::shared_ptr<TicketKeys const> tickets = nullptr);
    // A certificate that was found good is not looked into again for the next thousand handshakes: many devices of
    // one process meet the same server.
    [[nodiscard]] static std::shared_ptr<TlsContext> client(std::filesystem::path const& trusted, Verify verify);
    // The same from PEM text, for worlds without files.
    [[nodiscard]] static std::shared_ptr<TlsContext> server_from_text(
        std::string const& certificate, std::string const& key, std::shared_ptr<TicketKeys const> tickets = nullptr);
    [[nodiscard]] static std::shared_ptr<TlsContext> client_from_text(std::string const& trusted, Verify verify);

    explicit TlsContext(void* context) : context_(context) {}
    ~TlsContext();
    TlsContext(TlsContext const&) = delete;
    TlsContext& operator=(TlsContext const&) = delete;
    [[nodiscard]] void* native() const { return context_; }  // SSL_CTX*

private:
    void* context_;
};

// What one client remembers of its last session with one server, so that the next handshake is a
// short one. Empty at first. Must outlive the streams it was given to.
class TlsMemory {
public:
    TlsMemory() = default;
    ~TlsMemory();
    TlsMemory(TlsMemory const&) = delete;
    TlsMemory& operator=(TlsMemory const&) = delete;

    [[nodiscard]] bool has_session() const { return session_ != nullptr; }
    // Handshakes that the server agreed to shorten, as far as it sent a session for the next time.
    [[nodiscard]] std::uint32_t resumptions() const { return resumptions_; }

    // For the TLS code: an SSL_SESSION*, and what takes one over.
    [[nodiscard]] void* native() const { return session_; }
    void keep(void* session, bool was_resumed);

private:
    void* session_ = nullptr;
    std::uint32_t resumptions_ = 0;
};

// The handshake runs inside the first reads and writes. Wrap a client with the host name that
// its server's certificate must carry. With a memory it offers the session in it, and puts there
// what the server gives for the next time.
[[nodiscard]] StreamPtr tls_accept(std::shared_ptr<TlsContext> context, StreamPtr inner);
[[nodiscard]] StreamPtr tls_connect(std::shared_ptr<TlsContext> context, StreamPtr inner, std::string const& host,
                                    TlsMemory* memory = nullptr);

// Makes ca.pem, server.pem and server.key (0600) in the folder unless all are there: P-256, names
// localhost, 127.0.0.1 and ::1. Throws std::runtime_error when the folder cannot be written.
struct DevelopmentCa {
    std::filesystem::path authority;
    std::filesystem::path certificate;
    std::filesystem::path key;
};
[[nodiscard]] DevelopmentCa ensure_development_ca(std::filesystem::path const& folder);

// The same in memory, from Ed25519 keys, whose handshake has one size (virtual time).
struct TlsTexts {
    std::string authority;
    std::string certificate;
    std::string key;
};
[[nodiscard]] TlsTexts make_world_certificate();

}  // namespace drydock
