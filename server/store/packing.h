// Columns that hold more than a number or a text: digests, and lists, which are length-prefixed texts or
// ids of eight bytes each.
#pragma once

#include "server/base/bytes.h"
#include "server/domain/store.h"
#include "server/domain/types.h"

#include <cstdint>
#include <vector>

namespace drydock::packing {

[[nodiscard]] TokenDigest digest_from(BytesView bytes);
[[nodiscard]] Bytes pack(Metadata const& metadata);
[[nodiscard]] Metadata unpack_metadata(BytesView bytes);
[[nodiscard]] Bytes pack(std::vector<MetadataField> const& fields);
[[nodiscard]] std::vector<MetadataField> unpack_fields(BytesView bytes);
[[nodiscard]] Bytes pack(std::vector<std::uint64_t> const& ids);
[[nodiscard]] std::vector<std::uint64_t> unpack_ids(BytesView bytes);

}  // namespace drydock::packing
