// What a benchmark asks the system about its own process.
#pragma once

#include <cstddef>
#include <malloc.h>

#include <sys/resource.h>

namespace drydock::bench {

// In use now, from malloc.
[[nodiscard]] inline std::size_t heap_bytes() {
    struct mallinfo2 const info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

// Of this process, user and system.
[[nodiscard]] inline double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

// As many open files as this user may have.
inline void raise_descriptor_limit() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace drydock::bench
