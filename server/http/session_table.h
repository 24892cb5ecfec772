// Who is signed in. Session ids are 256 random bits and kept as SHA-256 only. Loop thread only.
#pragma once

#include "server/base/loop.h"
#include "server/domain/types.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

class SessionTable {
public:
    explicit SessionTable(Loop& loop) : loop_(loop) {}

    // A new session's id, told once.
    [[nodiscard]] std::string open(UserId user);
    // The user of a live session: idle at most 30 minutes, at most 12 hours old.
    [[nodiscard]] std::optional<UserId> find(std::string_view id);
    void close(std::string_view id);

private:
    struct Session {
        UserId user;
        TimePoint opened;
        TimePoint used;
    };
    using Key = std::array<std::byte, 32>;
    [[nodiscard]] static Key key_of(std::string_view id);
    void make_room();

    Loop& loop_;
    std::map<Key, Session> sessions_;
};

}  // namespace drydock
