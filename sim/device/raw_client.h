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
    error_code end;  // what broke it, or eof; none while it stands
};

// Ends when the server closes, or a quarter second after its last byte, or after `patience`. Fails when there is no
// connection: with timed_out when none stands after `patience`. Loop thread only.
[[nodiscard]] boost::asio::awaitable<result<RawAnswer>> raw_exchange(Loop& loop, Dialer& dialer, Address address,
                                                                     std::shared_ptr<TlsContext> tls,
                                                                     std::string tls_host, Bytes bytes,
                                                                     Duration patience);

}  // namespace drydock
