#include "server/app/process_metrics.h"

#include "server/http/open_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <malloc.h>
#include <string_view>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace drydock {

namespace {

double seconds(timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1'000'000;
}

}  // namespace

ProcessMetrics::ProcessMetrics() : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

ProcessMetrics::~ProcessMetrics() {
    if (statm_ >= 0) { ::close(statm_); }
}

// The second number of statm, in pages; 0 where there is no such file.
std::uint64_t ProcessMetrics::resident_bytes() const {
    std::array<char, 128> text{};
    ssize_t const got = ::pread(statm_, text.data(), text.size(), 0);
    if (got <= 0) { return 0; }
    std::string_view rest(text.data(), static_cast<std::size_t>(got));
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
    std::uint64_t pages = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), pages);
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void ProcessMetrics::write(OpenMetrics& page) const {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    page.counter("process_cpu_seconds", "CPU time, user and system.", seconds(used.ru_utime) + seconds(used.ru_stime));
    page.gauge("process_resident_memory_bytes", "Memory in use, shared libraries included.",
               static_cast<double>(resident_bytes()));
    page.gauge("drydock_heap_bytes", "Heap handed out by the allocator.", static_cast<double>(::mallinfo2().uordblks));
}

}  // namespace drydock
