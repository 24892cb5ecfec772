#include "server/app/kept_tickets.h"

#include "server/base/durable_file.h"

#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace drydock {

namespace {

constexpr auto k_look_every = std::chrono::hours(1);

std::optional<TicketKeys> read_keys(std::filesystem::path const& file) {
    if (!std::filesystem::exists(file)) { return std::nullopt; }
    std::ifstream stream(file);
    std::string const text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    auto keys = TicketKeys::from_text(text);
    if (!keys) {
        spdlog::warn("{} holds no keys of session tickets: with new ones every device makes one full handshake",
                     file.string());
    }
    return keys;
}

}  // namespace

KeptTickets::KeptTickets(Loop& loop, std::filesystem::path file) : loop_(loop), file_(std::move(file)) {
    auto kept = read_keys(file_);
    bool const is_kept = kept.has_value();
    WallTime const now = loop_.clock.wall();
    keys_ = std::make_shared<TicketKeys>(is_kept ? std::move(*kept) : TicketKeys(loop_.entropy, now));
    if (keys_->renew(loop_.entropy, now) || !is_kept) { write(); }
    renew_later();
}

KeptTickets::~KeptTickets() { loop_.clock.cancel(timer_); }

void KeptTickets::write() const {
    try {
        write_durably(file_, keys_->text(), 0600);
    } catch (std::runtime_error const& e) {
        spdlog::warn("{}: session tickets of today will not outlive a restart", e.what());
    }
}

void KeptTickets::renew_later() {
    timer_ = loop_.clock.call_at(loop_.clock.now() + k_look_every, [this] {
        if (keys_->renew(loop_.entropy, loop_.clock.wall())) { write(); }
        renew_later();
    });
}

}  // namespace drydock
