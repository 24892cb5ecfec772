// Every token's login by its digest, in memory: the login path never reads the disk.
// Parted by one byte of the digest, so that growing moves a small part at a time: a million entries
// moved at once would hold up every device for a tenth of a second.
#pragma once

#include "server/domain/store.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstddef>

namespace drydock {

// Loop thread. Parts have nothing to do with each other: while it is filled, each may be another thread's.
class LoginIndex {
public:
    // Makes room for `tokens` in all.
    void reserve(std::size_t tokens) {
        // A twentieth more than its share: digests are random, no part holds exactly as many as the next.
        for (Part& part : parts_) { part.reserve(tokens / k_parts + tokens / k_parts / 20 + 1); }
    }
    void set(TokenDigest const& auth_digest, LoginEntry const& entry) {
        part_of(auth_digest).insert_or_assign(auth_digest, entry);
    }
    // Null when no token has this digest; valid until the next set().
    [[nodiscard]] LoginEntry const* find(TokenDigest const& auth_digest) const {
        Part const& part = parts_[place_of(auth_digest)];
        auto const found = part.find(auth_digest);
        return found == part.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::size_t size() const {
        std::size_t total = 0;
        for (Part const& part : parts_) { total += part.size(); }
        return total;
    }

    static constexpr std::size_t k_parts = 256;
    // Which part holds it, below k_parts: entries of different parts have nothing to do with each other. By a
    // byte that TokenDigestHash does not read, or the entries of a part would crowd in its table.
    [[nodiscard]] static std::size_t place_of(TokenDigest const& digest) {
        return std::to_integer<std::size_t>(digest.bytes.back());
    }

private:
    using Part = boost::unordered_flat_map<TokenDigest, LoginEntry, TokenDigestHash>;

    [[nodiscard]] Part& part_of(TokenDigest const& digest) { return parts_[place_of(digest)]; }

    std::array<Part, k_parts> parts_;
};

}  // namespace drydock
