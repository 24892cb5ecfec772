// Reads a large database behind the running server and says when it is damaged: a start does not
// wait for hundreds of megabytes. One thread, ended with the object.
#pragma once

#include "server/store/sqlite.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace drydock {

// SQLite's words about the first damage found; empty when there is none.
[[nodiscard]] std::string find_damage(sqlite::Connection& connection);

class IntegrityCheck {
public:
    // Calls `on_damage` with find_damage's words on a thread of its own, at most once.
    IntegrityCheck(std::string const& file, std::function<void(std::string const&)> on_damage);
    // Interrupts the check and waits for its thread.
    ~IntegrityCheck();
    IntegrityCheck(IntegrityCheck const&) = delete;
    IntegrityCheck& operator=(IntegrityCheck const&) = delete;

private:
    sqlite::Connection connection_;
    std::atomic<bool> is_ending_ = false;
    std::thread thread_;
};

}  // namespace drydock
