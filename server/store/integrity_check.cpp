#include "server/store/integrity_check.h"

#include <atomic>
#include <utility>

namespace drydock {

std::string find_damage(sqlite::Connection& connection) {
    sqlite::Statement check(connection, "PRAGMA quick_check(1)");
    // A busy or failing disk is no damage: it shows in every use of the store.
    if (!check.step()) { return sqlite::is_poison(check.code()) ? connection.message() : std::string(); }
    std::string const found = check.text(0);
    return found == "ok" ? std::string() : found;
}

// Lives until the work is done, whatever became of the check.
struct IntegrityCheck::Shared {
    Shared(std::string const& file, std::function<void(std::string const&)> its_on_damage)
        : connection(file, sqlite::Connection::Mode::read_only), on_damage(std::move(its_on_damage)) {
        connection.stop_when(is_ending);
    }

    std::atomic<bool> is_ending = false;
    sqlite::Connection connection;
    std::function<void(std::string const&)> on_damage;
    std::string damage;
};

IntegrityCheck::IntegrityCheck(Loop& loop, std::string const& file, std::function<void(std::string const&)> on_damage)
    : shared_(std::make_shared<Shared>(file, std::move(on_damage))), thread_(loop.executor, 1, 1) {
    auto work = [shared = shared_] {
        if (!shared->is_ending) { shared->damage = find_damage(shared->connection); }
    };
    auto tell = [shared = shared_] {
        if (!shared->is_ending && !shared->damage.empty()) { shared->on_damage(shared->damage); }
    };
    static_cast<void>(thread_.run(std::move(work), std::move(tell)));
}

IntegrityCheck::~IntegrityCheck() { shared_->is_ending = true; }

}  // namespace drydock
