// The two halves of a static token and the texts around them. The AuthToken is the device's only
// credential; the QR token claims and does nothing else (GEN-07, GEN-08).
#pragma once

#include "server/base/entropy.h"
#include "server/base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

// Text that must not be printed. It has no stream operator: whoever wants the value says so.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    [[nodiscard]] std::string const& reveal() const { return value_; }
    friend bool operator==(Secret const&, Secret const&) = default;

private:
    std::string value_;
};

// 24 random bytes as 32 base64url characters, the first neither '-' nor '_'.
[[nodiscard]] Secret mint_auth_token(Entropy& entropy);
// "sqr_" and 32 base64url characters, drawn independently of the AuthToken.
[[nodiscard]] Secret mint_qr_token(Entropy& entropy);

// 32 characters of the base64url alphabet: anything else can never be a valid AuthToken.
[[nodiscard]] bool is_auth_token_text(std::string_view text);

// What a QR picture holds: `sqr_…` with or without `+<organization id>`.
struct QrText {
    std::string_view token;  // points into the scanned text
    std::optional<std::uint64_t> organization;
};
// Nothing for every foreign code (Matter, WiFi, an AuthToken, a URL): QR-08.
[[nodiscard]] std::optional<QrText> parse_qr_text(std::string_view scanned);
[[nodiscard]] std::string qr_text(Secret const& qr_token, std::uint64_t organization);

}  // namespace drydock
