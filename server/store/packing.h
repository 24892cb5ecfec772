// Lists inside one column: length-prefixed texts, and ids as eight bytes each.
#pragma once

#include "server/base/bytes.h"
#include "server/domain/types.h"

#include <cstdint>
#include <vector>

namespace drydock::packing {

[[nodiscard]] Bytes pack(Metadata const& metadata);
[[nodiscard]] Metadata unpack_metadata(BytesView bytes);
[[nodiscard]] Bytes pack(std::vector<MetadataField> const& fields);
[[nodiscard]] std::vector<MetadataField> unpack_fields(BytesView bytes);
[[nodiscard]] Bytes pack(std::vector<std::uint64_t> const& ids);
[[nodiscard]] std::vector<std::uint64_t> unpack_ids(BytesView bytes);

}  // namespace drydock::packing
