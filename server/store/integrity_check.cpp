#include "server/store/integrity_check.h"

#include <utility>

namespace drydock {

std::string find_damage(sqlite::Connection& connection) {
    sqlite::Statement check(connection, "PRAGMA quick_check(1)");
    if (!check.step()) { return connection.message(); }
    std::string const found = check.text(0);
    return found == "ok" ? std::string() : found;
}

IntegrityCheck::IntegrityCheck(std::string const& file, std::function<void(std::string const&)> on_damage)
    : connection_(file, sqlite::Connection::Mode::read_only), thread_([this, tell = std::move(on_damage)] {
          std::string const damage = find_damage(connection_);
          if (!damage.empty() && !is_ending_) { tell(damage); }
      }) {}

IntegrityCheck::~IntegrityCheck() {
    is_ending_ = true;
    connection_.interrupt();
    thread_.join();
}

}  // namespace drydock
