// The keys under which a server seals its session tickets. Kept over a restart, they let devices come back
// with the short handshake just when all of them come at once. A plain object without I/O: who owns it keeps
// the text and says when it is time.
#pragma once

#include "server/base/bytes.h"
#include "server/base/clock.h"
#include "server/base/entropy.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock {

// How long a ticket is good for, and how long one key seals new ones. A key opens tickets for as long again and
// is then forgotten for good: what was sent under it before cannot be read by who takes the file later.
inline constexpr std::chrono::hours k_ticket_life{24};
// How often renew() is to be called, at least.
inline constexpr std::chrono::hours k_ticket_look{1};

struct TicketKey {
    TicketKey() = default;
    TicketKey(TicketKey const&) = default;
    TicketKey& operator=(TicketKey const&) = default;
    ~TicketKey();  // wipes it

    std::array<std::byte, 16> name{};  // stands open in the ticket
    std::array<std::byte, 32> cipher{};
    std::array<std::byte, 32> mac{};
    WallTime born{};
};

class TicketKeys {
public:
    // One fresh key.
    TicketKeys(Entropy& entropy, WallTime now);

    // Nothing when it is not the text() of another.
    [[nodiscard]] static std::optional<TicketKeys> from_text(std::string_view text);
    // To be kept as secret as the server's private key.
    [[nodiscard]] std::string text() const;

    // Makes a new key when the newest has sealed for k_ticket_life, and forgets those that no good ticket can
    // need. True when something changed. A clock that went back by more than that makes a new one as well.
    bool renew(Entropy& entropy, WallTime now);

    [[nodiscard]] TicketKey const& newest() const { return keys_.back(); }
    // Null when it was never here or is forgotten.
    [[nodiscard]] TicketKey const* find(BytesView name) const;

private:
    TicketKeys() = default;
    void add(Entropy& entropy, WallTime now);

    std::vector<TicketKey> keys_;  // the newest last
};

}  // namespace drydock
