// The end of a child process: waiting for it, and how it came, for people.
#pragma once

#include <chrono>
#include <string>
#include <system_error>
#include <thread>

namespace drydock::rig {

// Of a status as waitpid(2) gives it: "exit code 6", "signal 9 (Killed)".
[[nodiscard]] std::string end_text(int status);

// Whether a boost::process::child is over by then. Blocks, and looks every two milliseconds: its own wait_for sleeps
// the whole time when the child is gone already.
template <class Child>
[[nodiscard]] bool ended_within(Child& child, std::chrono::milliseconds patience) {
    auto const give_up = std::chrono::steady_clock::now() + patience;
    std::error_code ignored;
    while (child.running(ignored)) {
        if (std::chrono::steady_clock::now() >= give_up) { return false; }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace drydock::rig
