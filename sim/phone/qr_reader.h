// What a phone's camera does: finds and decodes the QR code of a PNG picture (ZXing-C++).
#pragma once

#include "server/base/bytes.h"
#include "server/base/error.h"

#include <string>

namespace drydock {

// Fails with invalid_argument for what is no PNG, is over 4 megapixels, or holds no readable code.
[[nodiscard]] result<std::string> read_qr(BytesView png);

}  // namespace drydock
