#include "server/base/thread_cpu.h"

#include <time.h>

namespace drydock {

Duration thread_cpu() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);  // tidy: clock because this measures, and tells no time
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace drydock
