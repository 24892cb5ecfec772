#include "rig/bench/process_end.h"

#include <cstring>

#include <sys/wait.h>

namespace drydock::rig {

std::string end_text(int status) {
    if (WIFSIGNALED(status)) {
        int const number = WTERMSIG(status);
        char const* const name = ::sigdescr_np(number);
        return "signal " + std::to_string(number) + " (" + (name == nullptr ? "unknown" : name) + ")";
    }
    return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace drydock::rig
