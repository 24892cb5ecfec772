// Which protocol a connection speaks, told by its first bytes (one port for all).
#pragma once

#include "server/base/bytes.h"

namespace drydock {

enum class Protocol { undecided, device, http, mqtt, tls, unknown };

// `undecided` asks for more bytes and is never the answer to five bytes or more.
// Device logins are 29 and 2 with message id 1; HTTP a method's letters; MQTT 0x10; TLS 0x16.
[[nodiscard]] Protocol sniff(BytesView first_bytes);

}  // namespace drydock
