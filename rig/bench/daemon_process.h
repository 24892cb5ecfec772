// A drydockd of the rig's own: started on free ports with a folder of its own, ended with the rig.
#pragma once

#include "server/app/cloud.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace drydock::rig {

struct DaemonProcessOptions {
    std::filesystem::path program;
    std::filesystem::path log;  // empty: thrown away
    FaultyServer faulty = FaultyServer::none;
    std::atomic<bool> const* is_interrupted = nullptr;  // when it becomes true, waiting for the doors ends
    // Fills the data folder before the first start; hears the password the administrator shall have.
    std::function<void(std::filesystem::path const& data, Secret const& setup_password)> prepare;
};

class DaemonProcess {
public:
    // Waits until the doors are open. Throws InfrastructureError with the end of the server's log
    // when that takes more than 20 seconds, the server ends, or `is_interrupted` says so.
    explicit DaemonProcess(DaemonProcessOptions options);
    // SIGTERM, and after ten seconds (one when interrupted) SIGKILL; removes the folder.
    ~DaemonProcess();
    DaemonProcess(DaemonProcess const&) = delete;
    DaemonProcess& operator=(DaemonProcess const&) = delete;

    [[nodiscard]] std::uint16_t plain_port() const;
    [[nodiscard]] std::uint16_t secure_port() const;
    [[nodiscard]] std::filesystem::path authority() const;
    [[nodiscard]] std::string setup_password() const;
    // The same in a file, for helpers: a secret is never an argument.
    [[nodiscard]] std::filesystem::path setup_password_file() const;
    [[nodiscard]] int process_id() const;
    // Does nothing once the process has ended.
    void signal(int number) const;
    // SIGTERM, and after ten seconds SIGKILL; start_again() starts it on the same data.
    void stop();
    // Its signal or exit code and the last lines of its log, once it has ended. Looks again for `patience`.
    [[nodiscard]] std::optional<std::string> end_report(std::chrono::milliseconds patience) const;
    // kill -9, and a start on the same data and the same ports that waits until the doors are open.
    void kill();
    void start_again();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// drydockd beside the running program, which is where build and packages put it.
[[nodiscard]] std::filesystem::path default_daemon_program();

}  // namespace drydock::rig
