#include "server/app/kept_tickets.h"

#include "server/base/durable_file.h"

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace drydock {

namespace {

constexpr std::size_t k_text_max = 4096;

std::optional<TicketKeys> read_keys(std::filesystem::path const& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) { return std::nullopt; }
    std::string text(k_text_max, '\0');
    std::ifstream stream(file);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    auto keys = TicketKeys::from_text(std::string_view(text).substr(0, static_cast<std::size_t>(stream.gcount())));
    OPENSSL_cleanse(text.data(), text.size());
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
    is_written_ = !keys_->renew(loop_.entropy, now) && is_kept;
    write();
    renew_later();
}

KeptTickets::~KeptTickets() { loop_.clock.cancel(timer_); }

void KeptTickets::write() {
    if (is_written_) { return; }
    try {
        write_durably(file_, keys_->text(), 0600);
        is_written_ = true;
    } catch (std::runtime_error const& e) {
        spdlog::warn("{}: session tickets of today will not outlive a restart", e.what());
    }
}

void KeptTickets::renew_later() {
    timer_ = loop_.clock.call_at(loop_.clock.now() + k_ticket_look, [this] {
        if (keys_->renew(loop_.entropy, loop_.clock.wall())) { is_written_ = false; }
        write();
        renew_later();
    });
}

}  // namespace drydock
