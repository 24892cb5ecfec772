// What a port answers to the login of a device whose token nobody minted: so one finds out whether devices are
// understood there. No device is touched; a server counts one refused login.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace drydock {

enum class FirstAnswer : std::uint8_t {
    device_protocol,  // whatever it says to the token
    http,
    something_else,
    hang_up,           // without a byte
    handshake_failed,  // no TLS, or a certificate that is not to be trusted
    silence,           // for as long as the patience
    nobody,            // no connection
};
struct Asked {
    FirstAnswer answer = FirstAnswer::nobody;
    std::string cause;  // of `nobody`, in the system's words
};
// Asks once, plain without `tls`. Loop thread only; loop and dialer must outlive the call.
[[nodiscard]] boost::asio::awaitable<Asked> ask_as_a_device(Loop& loop, Dialer& dialer, Address address,
                                                            std::shared_ptr<TlsContext> tls, std::string tls_host,
                                                            Duration patience);

}  // namespace drydock
