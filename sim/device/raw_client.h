// Whoever talks to the device port by hand: sends bytes as they are and collects what comes back.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace drydock {

struct RawAnswer {
    Bytes received;
    bool was_closed = false;
    error_code end;  // how it was closed
};

// Ends when the server closes, or a quarter second after its last byte, or after `patience`.
[[nodiscard]] boost::asio::awaitable<result<RawAnswer>> raw_exchange(Loop& loop, Dialer& dialer, Address address,
                                                                     std::shared_ptr<TlsContext> tls,
                                                                     std::string tls_host, Bytes bytes,
                                                                     Duration patience);

}  // namespace drydock
