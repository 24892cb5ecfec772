#include "rig/cli/interrupt.h"

#include <csignal>

namespace drydock::rig {

namespace {

std::atomic<bool> g_is_interrupted = false;

void on_interrupt(int) {
    // The second time the default action ends the process at once.
    g_is_interrupted = true;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

std::atomic<bool> const* watch_for_interrupt() {
    // Once only: whoever asks again after the first Ctrl-C must not take the second one's meaning away.
    static bool const is_watching =
        std::signal(SIGINT, on_interrupt) != SIG_ERR && std::signal(SIGTERM, on_interrupt) != SIG_ERR;
    static_cast<void>(is_watching);
    return &g_is_interrupted;
}

}  // namespace drydock::rig
