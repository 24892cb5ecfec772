#include "sim/flood/thread_cpu.h"

#include <time.h>

namespace drydock::load {

Duration thread_cpu() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);  // tidy: clock because this measures, and decides nothing
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace drydock::load
