#include "sim/flood/device_socket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <netinet/tcp.h>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drydock::load {

namespace {

// Source addresses 127.0.0.1 … .16: one address has only 28,000 ports, and a closed one rests.
constexpr std::uint32_t k_source_addresses = 16;

void spread_source(int socket, std::uint64_t number) {
    int const on = 1;
    ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number % k_source_addresses));
    ::bind(socket, reinterpret_cast<sockaddr const*>(&from), sizeof from);
}

}  // namespace

void DeviceSocket::TlsEnd::operator()(ssl_st* session) const {
    // Without these marks the session counts as broken, and its ticket would never be offered.
    SSL_set_shutdown(session, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(session);
}
void DeviceSocket::TicketEnd::operator()(ssl_session_st* ticket) const { SSL_SESSION_free(ticket); }

DeviceSocket::DeviceSocket(DeviceSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      code_(other.code_),
      what_(other.what_),
      tls_(std::move(other.tls_)),
      ticket_(std::move(other.ticket_)) {}

DeviceSocket::Step DeviceSocket::break_with(int code) {
    code_ = code;
    return Step::failed;
}

DeviceSocket::Step DeviceSocket::break_with(char const* what) {
    what_ = what;
    return Step::failed;
}

std::string DeviceSocket::why() const { return what_ != nullptr ? what_ : std::generic_category().message(code_); }

void DeviceSocket::close() {
    tls_.reset();
    if (socket_ >= 0) { ::close(std::exchange(socket_, -1)); }
    code_ = 0;
    what_ = nullptr;
}

DeviceSocket::Step DeviceSocket::open(sockaddr_in const& to, std::uint64_t number, int epoll, void* tag) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) { return break_with(errno); }
    int const on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if ((ntohl(to.sin_addr.s_addr) >> 24U) == 127) { spread_source(socket_, number); }
    int const begun = ::connect(socket_, reinterpret_cast<sockaddr const*>(&to), sizeof to);
    if (begun != 0 && errno != EINPROGRESS) { return break_with(errno); }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = tag;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, socket_, &event) != 0) { return break_with(errno); }
    return Step::not_yet;
}

DeviceSocket::Step DeviceSocket::opened(std::uint32_t events) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        return break_with(error == 0 ? ECONNRESET : error);
    }
    return (events & EPOLLOUT) == 0 ? Step::not_yet : Step::done;
}

void DeviceSocket::begin_tls(void* context, bool resumes) {
    tls_.reset(SSL_new(static_cast<SSL_CTX*>(context)));
    SSL_set_fd(tls_.get(), socket_);
    SSL_set_connect_state(tls_.get());
    if (resumes && ticket_) { SSL_set_session(tls_.get(), ticket_.get()); }
}

DeviceSocket::Step DeviceSocket::shake_hands() {
    if (!tls_) { return Step::done; }
    ERR_clear_error();
    int const done = SSL_do_handshake(tls_.get());
    if (done == 1) { return Step::done; }
    int const why = SSL_get_error(tls_.get(), done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) { return Step::not_yet; }
    return break_with("TLS handshake failed");
}

bool DeviceSocket::is_resumed() const { return tls_ && SSL_session_reused(tls_.get()) == 1; }

void DeviceSocket::keep_ticket() {
    if (tls_) { ticket_.reset(SSL_get1_session(tls_.get())); }
}

bool DeviceSocket::put(BytesView bytes) {
    if (tls_) {
        ERR_clear_error();
        if (SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0) { return true; }
        break_with("TLS write failed");
        return false;
    }
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
        return true;
    }
    break_with(errno);
    return false;
}

std::size_t DeviceSocket::get(std::span<std::byte> into) {
    if (tls_) {
        ERR_clear_error();
        int const got = SSL_read(tls_.get(), into.data(), static_cast<int>(into.size()));
        if (got > 0) { return static_cast<std::size_t>(got); }
        if (SSL_get_error(tls_.get(), got) != SSL_ERROR_WANT_READ) { break_with("closed by the server"); }
        return 0;
    }
    ssize_t const got = ::recv(socket_, into.data(), into.size(), 0);
    if (got > 0) { return static_cast<std::size_t>(got); }
    if (got == 0) {
        break_with("closed by the server");
    } else if (errno != EAGAIN) {
        break_with(errno);
    }
    return 0;
}

}  // namespace drydock::load
