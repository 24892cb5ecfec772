// The system calls of every message, without glibc's points of cancellation: in a process with threads
// these cost two locked instructions a call, and nobody here ever cancels a thread. Else like the functions of
// <sys/socket.h>, <sys/epoll.h> and <unistd.h> that they are named after: -1 and errno.
#pragma once

#include "server/base/bytes.h"

#include <chrono>
#include <cstddef>
#include <ctime>
#include <span>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace drydock::system_call {

inline ssize_t recv(int descriptor, std::span<std::byte> into) {
    return ::syscall(SYS_recvfrom, descriptor, into.data(), into.size(), 0, nullptr, nullptr);
}
inline ssize_t send(int descriptor, BytesView from) {
    return ::syscall(SYS_sendto, descriptor, from.data(), from.size(), MSG_NOSIGNAL, nullptr, 0);
}
// Of whoever it is.
inline int accept4(int descriptor, int flags) {
    return static_cast<int>(::syscall(SYS_accept4, descriptor, nullptr, nullptr, flags));
}
// Of what is not negative.
[[nodiscard]] inline timespec to_timespec(std::chrono::nanoseconds duration) {
    auto const whole = std::chrono::floor<std::chrono::seconds>(duration);
    return {whole.count(), (duration - whole).count()};
}
// Waits for ever when `longest` is null.
inline int epoll_pwait2(int epoll, std::span<epoll_event> into, timespec const* longest) {
    return static_cast<int>(
        ::syscall(SYS_epoll_pwait2, epoll, into.data(), static_cast<int>(into.size()), longest, nullptr, 0));
}
inline int close(int descriptor) { return static_cast<int>(::syscall(SYS_close, descriptor)); }

}  // namespace drydock::system_call
