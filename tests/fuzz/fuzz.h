// What every fuzz target shares: libFuzzer's entry point, and the input as bytes and as text.
// A broken property ends the process by DRYDOCK_CHECK, which libFuzzer and replay_main both see.
#pragma once

#include "server/base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace drydock::fuzz {

[[nodiscard]] inline BytesView bytes_of(std::uint8_t const* data, std::size_t size) {
    return std::as_bytes(std::span(data, size));
}

// Whether the part lies inside the whole; an empty part lies anywhere.
[[nodiscard]] inline bool is_inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace drydock::fuzz
