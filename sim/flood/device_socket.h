// The connection of one device of the flood: a socket of its own kind, plain or TLS, without any
// object for a message. For the sources of the flood only; owned by it, on its thread.
#pragma once

#include "server/base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <span>
#include <string>

struct ssl_st;
struct ssl_session_st;

namespace drydock::load {

class DeviceSocket {
public:
    enum class Step : std::uint8_t { done, not_yet, failed };

    DeviceSocket() = default;
    ~DeviceSocket() { close(); }
    DeviceSocket(DeviceSocket&&) noexcept;
    DeviceSocket& operator=(DeviceSocket&&) = delete;

    // Begins to connect and registers the socket, edge-triggered, with `tag` as its event data.
    // `number` spreads loopback connections over source addresses.
    [[nodiscard]] Step open(sockaddr_in const& to, std::uint64_t number, int epoll, void* tag);
    // Whether these epoll events say that the connection stands.
    [[nodiscard]] Step opened(std::uint32_t events);
    // `context`: SSL_CTX*. With `resumes` the session kept by keep_ticket() is offered.
    void begin_tls(void* context, bool resumes);
    [[nodiscard]] Step shake_hands();
    [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
    [[nodiscard]] bool is_resumed() const;
    void keep_ticket();

    // False: the connection is of no use any more, why() tells.
    [[nodiscard]] bool put(BytesView bytes);
    // Bytes read. Zero: none there yet, or is_broken().
    [[nodiscard]] std::size_t get(std::span<std::byte> into);
    [[nodiscard]] bool is_broken() const { return what_ != nullptr || code_ != 0; }
    [[nodiscard]] std::string why() const;
    // Also forgets what was broken; a kept ticket stays.
    void close();
    [[nodiscard]] bool is_open() const { return socket_ >= 0; }

private:
    struct TlsEnd {
        void operator()(ssl_st* session) const;
    };
    struct TicketEnd {
        void operator()(ssl_session_st* ticket) const;
    };
    Step break_with(int code);
    Step break_with(char const* what);

    int socket_ = -1;
    int code_ = 0;                // errno of what broke it, or
    char const* what_ = nullptr;  // its words
    std::unique_ptr<ssl_st, TlsEnd> tls_;
    std::unique_ptr<ssl_session_st, TicketEnd> ticket_;
};

}  // namespace drydock::load
