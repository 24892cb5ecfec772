#include "server/base/bytes.h"

#include <array>
#include <cstdint>

namespace drydock {

namespace {

constexpr std::string_view k_hex = "0123456789abcdef";
constexpr std::string_view k_base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') { return static_cast<unsigned>(c - '0'); }
    if (c >= 'a' && c <= 'f') { return static_cast<unsigned>(c - 'a' + 10); }
    if (c >= 'A' && c <= 'F') { return static_cast<unsigned>(c - 'A' + 10); }
    return std::nullopt;
}

}  // namespace

BytesView as_bytes(std::string_view text) { return std::as_bytes(std::span<char const>(text.data(), text.size())); }

std::string_view as_text(BytesView bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

std::string to_hex(BytesView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::byte b : bytes) {
        auto const value = std::to_integer<unsigned>(b);
        text += k_hex[value >> 4U];
        text += k_hex[value & 15U];
    }
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) { return std::nullopt; }
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const high = hex_digit(text[i]);
        auto const low = hex_digit(text[i + 1]);
        if (!high || !low) { return std::nullopt; }
        bytes.push_back(static_cast<std::byte>(*high << 4U | *low));
    }
    return bytes;
}

std::string to_base64url(BytesView bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (std::byte b : bytes) {
        pending = pending << 8U | std::to_integer<std::uint32_t>(b);
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text += k_base64url[pending >> bits & 63U];
        }
    }
    if (bits > 0) { text += k_base64url[pending << (6 - bits) & 63U]; }
    return text;
}

}  // namespace drydock
