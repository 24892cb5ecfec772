#include "rig/benchmark/limit_server.h"

#include "server/base/bytes.h"
#include "server/wire/frame.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

constexpr int k_backlog = 4096;

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

void add(int epoll, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

// Frames of the flood come whole: each send is one frame or a few.
void answer(int socket, Bytes& out) {
    static std::array<std::byte, 65536> chunk;
    ssize_t const got = ::recv(socket, chunk.data(), chunk.size(), 0);
    if (got < 0 && errno == EAGAIN) { return; }
    if (got <= 0) {
        ::close(socket);
        return;
    }
    out.clear();
    BytesView rest = BytesView(chunk).first(static_cast<std::size_t>(got));
    while (!rest.empty()) {
        auto const step = wire::decode(rest, wire::k_body_bytes);
        if (step.kind != wire::Decoded::Kind::frame) { break; }
        wire::append_response(out, step.frame.message_id, wire::Status::ok);
        rest = rest.subspan(step.consumed);
    }
    static_cast<void>(::send(socket, out.data(), out.size(), MSG_NOSIGNAL));
}

}  // namespace

int run_limit_server(std::function<void(std::uint16_t port)> const& on_listening) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::uint16_t port = 0;
    int const door = open_door(port);
    int const epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (door < 0 || epoll < 0) {
        std::perror("drydock: the limit server cannot listen");
        return 6;
    }
    add(epoll, door);
    on_listening(port);
    Bytes out;
    std::array<epoll_event, 256> events{};
    for (;;) {
        int const got = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < got; ++i) {
            int const ready = events[static_cast<std::size_t>(i)].data.fd;
            if (ready != door) {
                answer(ready, out);
                continue;
            }
            for (int visitor = 0; visitor >= 0;) {
                visitor = ::accept4(door, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (visitor >= 0) { add(epoll, visitor); }
            }
        }
    }
}

}  // namespace drydock::rig
