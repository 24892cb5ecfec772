#include "server/token/token.h"

#include "server/base/bytes.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace drydock {

namespace {

constexpr std::string_view k_qr_prefix = "sqr_";
constexpr std::size_t k_token_characters = 32;

std::string draw(Entropy& entropy) {
    std::array<std::byte, 24> bytes{};
    entropy.fill(bytes);
    return to_base64url(bytes);
}

// By character: every login asks for 32 of them.
constexpr std::array<bool, 256> k_is_base64url = [] {
    std::array<bool, 256> is{};
    for (char const c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
        is[static_cast<unsigned char>(c)] = true;
    }
    return is;
}();

bool is_base64url(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return k_is_base64url[static_cast<unsigned char>(c)]; });
}

}  // namespace

Secret mint_auth_token(Entropy& entropy) {
    // A spreadsheet reads a first '-' as a formula and a shell as an option: drawn again.
    for (;;) {
        std::string text = draw(entropy);
        if (text.front() != '-' && text.front() != '_') { return Secret(std::move(text)); }
    }
}

Secret mint_qr_token(Entropy& entropy) { return Secret(std::string(k_qr_prefix) + draw(entropy)); }

bool is_auth_token_text(std::string_view text) { return text.size() == k_token_characters && is_base64url(text); }

std::optional<QrText> parse_qr_text(std::string_view scanned) {
    auto const plus = scanned.find('+');
    std::string_view const token = scanned.substr(0, plus);
    if (!token.starts_with(k_qr_prefix) || !is_auth_token_text(token.substr(k_qr_prefix.size()))) {
        return std::nullopt;
    }
    if (plus == std::string_view::npos) { return QrText{token, std::nullopt}; }
    std::string_view const digits = scanned.substr(plus + 1);
    std::uint64_t organization = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), organization);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.size() > 10) { return std::nullopt; }
    return QrText{token, organization};
}

std::string qr_text(Secret const& qr_token, std::uint64_t organization) {
    return qr_token.reveal() + "+" + std::to_string(organization);
}

}  // namespace drydock
