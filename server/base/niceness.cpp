#include "server/base/niceness.h"

#include <sys/resource.h>
#include <unistd.h>

namespace drydock {

int be_nicer_by(int steps) {
    auto const thread = static_cast<id_t>(::gettid());
    // -1 may be an answer or a failure; after a failure the next call fails alike.
    int const now = ::getpriority(PRIO_PROCESS, thread);
    return ::setpriority(PRIO_PROCESS, thread, now + steps) == 0 ? steps : 0;
}

}  // namespace drydock
