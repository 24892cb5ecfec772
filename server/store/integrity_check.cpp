#include "server/store/integrity_check.h"

#include <atomic>
#include <utility>

namespace drydock {

std::string find_damage(sqlite::Connection& connection) {
    sqlite::Statement check(connection, "PRAGMA quick_check(1)");
    if (!check.step()) { return connection.message(); }
    std::string const found = check.text(0);
    return found == "ok" ? std::string() : found;
}

// Lives until the work is done, whatever became of the check.
struct IntegrityCheck::Shared {
    Shared(std::string const& file, std::function<void(std::string const&)> its_on_damage)
        : connection(file, sqlite::Connection::Mode::read_only), on_damage(std::move(its_on_damage)) {}

    sqlite::Connection connection;
    std::function<void(std::string const&)> on_damage;
    std::string damage;
    std::atomic<bool> is_ending = false;
};

IntegrityCheck::IntegrityCheck(Loop& loop, std::string const& file, std::function<void(std::string const&)> on_damage)
    : shared_(std::make_shared<Shared>(file, std::move(on_damage))) {
    auto work = [shared = shared_] {
        if (!shared->is_ending) { shared->damage = find_damage(shared->connection); }
    };
    auto tell = [shared = shared_] {
        if (!shared->is_ending && !shared->damage.empty()) { shared->on_damage(shared->damage); }
    };
    // With the queue full at the start of a server there would be nothing to protect.
    static_cast<void>(loop.offload.run(std::move(work), std::move(tell)));
}

IntegrityCheck::~IntegrityCheck() {
    shared_->is_ending = true;
    shared_->connection.interrupt();
}

}  // namespace drydock
