// The cloud as a process: files, ports, signals. Used by drydockd and by `drydock serve`.
#pragma once

#include "server/app/cloud.h"

#include <filesystem>
#include <functional>
#include <string>

namespace drydock {

struct DaemonOptions {
    std::filesystem::path data = "drydock-data";  // made when missing, mode 0700
    Address plain{"127.0.0.1", 8080};
    Address secure{"127.0.0.1", 9443};
    std::filesystem::path setup_password_file;  // empty: a password is drawn and printed once
    std::filesystem::path ports_file;           // written when ready: {"plain":…,"tls":…,"ca":…}
    FaultyServer faulty = FaultyServer::none;
    bool allows_faults = false;     // SIGUSR1 takes the store down, SIGUSR2 brings it back
    bool ends_with_parent = false;  // SIGTERM when the process that started it goes away
    // Called once when the doors are open, on the loop.
    std::function<void(Loop&, Address plain, Address secure, Secret const& setup_password)> on_ready;
};

// Runs until SIGTERM or SIGINT. Gives the process's exit code: 0 after a clean end, 6 when the
// store or a port cannot be had (said on standard error).
[[nodiscard]] int run_daemon(DaemonOptions options);

}  // namespace drydock
