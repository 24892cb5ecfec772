// Reads a large database behind the running server and says when it is damaged: a start does not
// wait for hundreds of megabytes. The work has a thread of its own, so that no sign-in waits for it.
#pragma once

#include "server/base/loop.h"
#include "server/store/sqlite.h"

#include <functional>
#include <memory>
#include <string>

namespace drydock {

// SQLite's words about the first damage found; empty when there is none, or nobody could look.
[[nodiscard]] std::string find_damage(sqlite::Connection& connection);

class IntegrityCheck {
public:
    // Calls `on_damage` with find_damage's words on the loop, at most once.
    IntegrityCheck(Loop& loop, std::string const& file, std::function<void(std::string const&)> on_damage);
    // Ends the check and waits for its thread, well below a second; nothing is called any more.
    ~IntegrityCheck();
    IntegrityCheck(IntegrityCheck const&) = delete;
    IntegrityCheck& operator=(IntegrityCheck const&) = delete;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    ThreadOffload thread_;
};

}  // namespace drydock
