#include "server/net/sniff.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace drydock {

namespace {

constexpr std::size_t k_decided_bytes = 5;
constexpr std::array<std::string_view, 9> k_methods{"GET ", "POST", "PUT ", "HEAD", "OPTI",
                                                    "PATC", "DELE", "TRAC", "CONN"};

bool starts_like(std::string_view bytes, std::string_view pattern) {
    std::size_t const length = std::min(bytes.size(), pattern.size());
    return bytes.substr(0, length) == pattern.substr(0, length);
}

}  // namespace

Protocol sniff(BytesView first_bytes) {
    if (first_bytes.empty()) { return Protocol::undecided; }
    auto const first = std::to_integer<unsigned>(first_bytes[0]);
    if (first == 0x16) { return Protocol::tls; }
    if (first == 0x10) { return Protocol::mqtt; }
    if (first == 29 || first == 2) {
        // A login has message id 1; the length is the session's business.
        constexpr std::array<unsigned, 3> head{0, 0, 1};
        for (std::size_t i = 1; i < std::min<std::size_t>(first_bytes.size(), 3); ++i) {
            if (std::to_integer<unsigned>(first_bytes[i]) != head[i]) { return Protocol::unknown; }
        }
        return first_bytes.size() < k_decided_bytes ? Protocol::undecided : Protocol::device;
    }
    std::string_view const text = as_text(first_bytes);
    for (std::string_view method : k_methods) {
        if (!starts_like(text, method)) { continue; }
        return text.size() < k_decided_bytes ? Protocol::undecided : Protocol::http;
    }
    return Protocol::unknown;
}

}  // namespace drydock
