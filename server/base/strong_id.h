// Identifiers that cannot be mixed up. Zero means "none" and is never handed out.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace drydock {

template <class Tag>
struct StrongId {
    std::uint64_t value = 0;

    [[nodiscard]] bool valid() const { return value != 0; }
    friend auto operator<=>(StrongId const&, StrongId const&) = default;
};

}  // namespace drydock

template <class Tag>
struct std::hash<drydock::StrongId<Tag>> {
    std::size_t operator()(drydock::StrongId<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
