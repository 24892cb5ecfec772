#include "server/http/session_table.h"

#include "server/base/bytes.h"

#include <openssl/sha.h>

#include <algorithm>

namespace drydock {

namespace {

constexpr auto k_idle_max = std::chrono::minutes(30);
constexpr auto k_age_max = std::chrono::hours(12);
constexpr std::size_t k_sessions_max = 100'000;

}  // namespace

SessionTable::Key SessionTable::key_of(std::string_view id) {
    Key key{};
    SHA256(reinterpret_cast<unsigned char const*>(id.data()), id.size(), reinterpret_cast<unsigned char*>(key.data()));
    return key;
}

std::string SessionTable::open(UserId user) {
    make_room();
    std::array<std::byte, 32> bytes{};
    loop_.entropy.fill(bytes);
    std::string id = to_base64url(bytes);
    TimePoint const now = loop_.clock.now();
    sessions_[key_of(id)] = Session{user, now, now};
    return id;
}

std::optional<UserId> SessionTable::find(std::string_view id) {
    auto const found = sessions_.find(key_of(id));
    if (found == sessions_.end()) { return std::nullopt; }
    TimePoint const now = loop_.clock.now();
    if (now - found->second.used > k_idle_max || now - found->second.opened > k_age_max) {
        sessions_.erase(found);
        return std::nullopt;
    }
    found->second.used = now;
    return found->second.user;
}

void SessionTable::close(std::string_view id) { sessions_.erase(key_of(id)); }

void SessionTable::make_room() {
    if (sessions_.size() < k_sessions_max) { return; }
    TimePoint const now = loop_.clock.now();
    std::erase_if(sessions_, [now](auto const& row) { return now - row.second.used > k_idle_max; });
    if (sessions_.size() < k_sessions_max) { return; }
    auto const oldest = std::min_element(sessions_.begin(), sessions_.end(),
                                         [](auto const& a, auto const& b) { return a.second.used < b.second.used; });
    sessions_.erase(oldest);
}

}  // namespace drydock
