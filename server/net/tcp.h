// Real sockets: TCP over Asio, readiness-driven, TCP_NODELAY on. Loop thread only.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"

#include <memory>

namespace drydock {

class TcpNetwork final : public Network {
public:
    explicit TcpNetwork(Loop& loop) : loop_(loop) {}
    // Numeric addresses and "localhost". Fails with what the system says (address in use, …).
    [[nodiscard]] result<std::unique_ptr<Listener>> listen(Address at) override;
    void connect(Address to, OnConnect then) override;

private:
    Loop& loop_;
};

}  // namespace drydock
