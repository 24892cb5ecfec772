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
    std::signal(SIGHUP, SIG_IGN);  // a terminal that goes may say so twice, and nobody is there to be impatient
}

bool watch() {
    bool const is_watching =
        std::signal(SIGINT, on_interrupt) != SIG_ERR && std::signal(SIGTERM, on_interrupt) != SIG_ERR;
    // Under nohup a run goes on without its terminal.
    if (std::signal(SIGHUP, on_interrupt) == SIG_IGN) { std::signal(SIGHUP, SIG_IGN); }
    // The reports matter more than whoever has stopped reading what is said meanwhile.
    std::signal(SIGPIPE, SIG_IGN);
    return is_watching;
}

}  // namespace

std::atomic<bool> const* watch_for_interrupt() {
    // Once only: whoever asks again after the first Ctrl-C must not take the second one's meaning away.
    static bool const is_watching = watch();
    static_cast<void>(is_watching);
    return &g_is_interrupted;
}

}  // namespace drydock::rig
