#include "rig/benchmark/limit_server.h"

#include "server/base/bytes.h"
#include "server/wire/frame.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <vector>

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

constexpr int k_backlog = 4096;
constexpr int k_infrastructure = 6;

int open_door(std::uint16_t& port) {
    int const door = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(door, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (door < 0 || ::bind(door, reinterpret_cast<sockaddr const*>(&at), sizeof at) != 0 ||
        ::listen(door, k_backlog) != 0 || ::getsockname(door, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
        return -1;
    }
    port = ntohs(at.sin_port);
    return door;
}

// Frames of the flood come whole: each send is one frame or a few.
void answer_frames(BytesView rest, Bytes& out) {
    out.clear();
    while (!rest.empty()) {
        auto const step = wire::decode(rest, wire::k_body_bytes);
        if (step.kind != wire::Decoded::Kind::frame) { break; }
        wire::append_response(out, step.frame.message_id, wire::Status::ok);
        rest = rest.subspan(step.consumed);
    }
}

class LimitServer {
public:
    explicit LimitServer(LimitServerOptions const& options) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        std::uint16_t plain = 0;
        std::uint16_t secure = 0;
        plain_door_ = open_door(plain);
        if (!options.certificate.empty()) {
            context_.reset(SSL_CTX_new(TLS_server_method()));
            has_keys_ = SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate.c_str()) == 1 &&
                        SSL_CTX_use_PrivateKey_file(context_.get(), options.key.c_str(), SSL_FILETYPE_PEM) == 1;
            secure_door_ = open_door(secure);
        }
        if (is_ready()) {
            add(plain_door_);
            if (secure_door_ >= 0) { add(secure_door_); }
            options.on_listening(plain, secure);
        }
    }

    [[nodiscard]] bool is_ready() const {
        return epoll_ >= 0 && plain_door_ >= 0 && has_keys_ && (context_ == nullptr || secure_door_ >= 0);
    }

    void serve() {
        std::array<epoll_event, 256> events{};
        for (;;) {
            int const got = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < got; ++i) {
                int const ready = events[static_cast<std::size_t>(i)].data.fd;
                if (ready == plain_door_ || ready == secure_door_) {
                    let_in(ready);
                } else if (static_cast<std::size_t>(ready) < sessions_.size() &&
                           sessions_[static_cast<std::size_t>(ready)]) {
                    answer_secure(ready, *sessions_[static_cast<std::size_t>(ready)]);
                } else {
                    answer_plain(ready);
                }
            }
        }
    }

private:
    struct ContextEnd {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    };
    struct SessionEnd {
        void operator()(SSL* session) const { SSL_free(session); }
    };

    void add(int descriptor) const {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.fd = descriptor;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
    }

    void let_in(int door) {
        for (;;) {
            int const visitor = ::accept4(door, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (visitor < 0) { return; }
            if (door == secure_door_) { begin_tls(static_cast<std::size_t>(visitor)); }
            add(visitor);
        }
    }

    void begin_tls(std::size_t visitor) {
        if (sessions_.size() <= visitor) { sessions_.resize(visitor + 1); }
        sessions_[visitor].reset(SSL_new(context_.get()));
        SSL_set_fd(sessions_[visitor].get(), static_cast<int>(visitor));
        SSL_set_accept_state(sessions_[visitor].get());
    }

    void answer_plain(int socket) {
        ssize_t const got = ::recv(socket, chunk_.data(), chunk_.size(), 0);
        if (got < 0 && errno == EAGAIN) { return; }
        if (got <= 0) {
            ::close(socket);
            return;
        }
        answer_frames(BytesView(chunk_).first(static_cast<std::size_t>(got)), out_);
        static_cast<void>(::send(socket, out_.data(), out_.size(), MSG_NOSIGNAL));
    }

    void answer_secure(int socket, SSL& session) {
        for (;;) {
            ERR_clear_error();
            int const got = SSL_read(&session, chunk_.data(), static_cast<int>(chunk_.size()));
            if (got <= 0) {
                if (SSL_get_error(&session, got) == SSL_ERROR_WANT_READ) { return; }
                sessions_[static_cast<std::size_t>(socket)].reset();
                ::close(socket);
                return;
            }
            answer_frames(BytesView(chunk_).first(static_cast<std::size_t>(got)), out_);
            static_cast<void>(SSL_write(&session, out_.data(), static_cast<int>(out_.size())));
        }
    }

    int epoll_;
    int plain_door_ = -1;
    int secure_door_ = -1;
    bool has_keys_ = true;
    std::unique_ptr<SSL_CTX, ContextEnd> context_;
    std::vector<std::unique_ptr<SSL, SessionEnd>> sessions_;  // by descriptor
    std::array<std::byte, 65536> chunk_{};
    Bytes out_;
};

}  // namespace

int run_limit_server(LimitServerOptions const& options) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::signal(SIGPIPE, SIG_IGN);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    auto const server = std::make_unique<LimitServer>(options);
    if (!server->is_ready()) {
        // Standard error belongs to whoever started it, who says what to do.
        std::perror("drydock: the limit server cannot listen");
        return k_infrastructure;
    }
    server->serve();
    return 0;
}

}  // namespace drydock::rig
