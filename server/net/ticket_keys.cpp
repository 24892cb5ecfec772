#include "server/net/ticket_keys.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

namespace drydock {

namespace {

constexpr std::size_t k_keys_max = 8;
constexpr std::int64_t k_born_max = 253'402'300'799'999;  // the end of the year 9999

Bytes bytes_of(TicketKey const& key) {
    Bytes all(key.name.begin(), key.name.end());
    all.insert(all.end(), key.cipher.begin(), key.cipher.end());
    all.insert(all.end(), key.mac.begin(), key.mac.end());
    return all;
}

// "<milliseconds since 1970> <160 hexadecimal digits>"
std::optional<TicketKey> key_from(std::string_view line) {
    std::size_t const blank = line.find(' ');
    if (blank == std::string_view::npos) { return std::nullopt; }
    std::int64_t born = 0;
    auto const [end, failure] = std::from_chars(line.data(), line.data() + blank, born);
    auto const all = from_hex(line.substr(blank + 1));
    TicketKey key;
    if (failure != std::errc() || born < 0 || born > k_born_max || end != line.data() + blank || !all ||
        all->size() != key.name.size() + key.cipher.size() + key.mac.size()) {
        return std::nullopt;
    }
    auto from = all->begin();
    for (std::span<std::byte> const part :
         {std::span<std::byte>(key.name), std::span<std::byte>(key.cipher), std::span<std::byte>(key.mac)}) {
        std::copy_n(from, part.size(), part.begin());
        from += static_cast<std::ptrdiff_t>(part.size());
    }
    key.born = WallTime(std::chrono::milliseconds(born));
    return key;
}

}  // namespace

TicketKey::~TicketKey() {
    OPENSSL_cleanse(cipher.data(), cipher.size());
    OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys(Entropy& entropy, WallTime now) { add(entropy, now); }

std::optional<TicketKeys> TicketKeys::from_text(std::string_view text) {
    TicketKeys made;
    while (!text.empty()) {
        std::size_t const end = text.find('\n');
        auto const key = end == std::string_view::npos ? std::nullopt : key_from(text.substr(0, end));
        if (!key || made.keys_.size() == k_keys_max) { return std::nullopt; }
        made.keys_.push_back(*key);
        text.remove_prefix(end + 1);
    }
    if (made.keys_.empty()) { return std::nullopt; }
    return made;
}

std::string TicketKeys::text() const {
    std::string all;
    for (TicketKey const& key : keys_) {
        all += std::to_string(key.born.time_since_epoch().count()) + ' ' + to_hex(bytes_of(key)) + '\n';
    }
    return all;
}

bool TicketKeys::renew(Entropy& entropy, WallTime now) {
    // A clock that is a little behind, as after a start without a network, forgets nothing.
    auto const is_ahead = [now](TicketKey const& key) { return key.born > now + k_ticket_life; };
    bool const is_due = is_ahead(newest()) || now - newest().born >= k_ticket_life;
    if (is_due) { add(entropy, now); }
    auto const is_over = [&](TicketKey const& key) {
        return is_ahead(key) || now - key.born >= 2 * k_ticket_life + k_ticket_look;
    };
    return std::erase_if(keys_, is_over) > 0 || is_due;
}

void TicketKeys::add(Entropy& entropy, WallTime now) {
    TicketKey& key = keys_.emplace_back();
    entropy.fill(key.name);
    entropy.fill(key.cipher);
    entropy.fill(key.mac);
    key.born = now;
}

TicketKey const* TicketKeys::find(BytesView name) const {
    auto const found = std::find_if(keys_.begin(), keys_.end(),
                                    [name](TicketKey const& key) { return std::ranges::equal(key.name, name); });
    return found == keys_.end() ? nullptr : &*found;
}

}  // namespace drydock
