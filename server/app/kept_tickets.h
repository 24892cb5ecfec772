// The keys of session tickets in a file of the data folder (mode 0600): read at the start, renewed each day. What
// could not be written is tried again each hour.
// Loop thread only.
#pragma once

#include "server/base/loop.h"
#include "server/net/ticket_keys.h"

#include <filesystem>
#include <memory>

namespace drydock {

class KeptTickets {
public:
    // A file that is missing, damaged or cannot be written costs devices a full handshake after the next restart,
    // never the start: it is told in the log.
    KeptTickets(Loop& loop, std::filesystem::path file);
    ~KeptTickets();
    KeptTickets(KeptTickets const&) = delete;
    KeptTickets& operator=(KeptTickets const&) = delete;

    [[nodiscard]] std::shared_ptr<TicketKeys const> keys() const { return keys_; }

private:
    void write();
    void renew_later();

    Loop& loop_;
    std::filesystem::path file_;
    std::shared_ptr<TicketKeys> keys_;
    bool is_written_ = false;
    Clock::TimerId timer_ = 0;
};

}  // namespace drydock
