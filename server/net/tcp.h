// Real sockets: TCP, readiness-driven (reactor.h), TCP_NODELAY on. Outlives its listeners; calls of
// connects that are under way at its end are not made any more. Loop thread only.
#pragma once

#include "server/net/stream.h"

#include <cstdint>
#include <memory>

namespace drydock {

class RealLoop;

class TcpNetwork final : public Network {
public:
    // When its listeners let a connection in. With its first bytes, or after a second without any: for servers of
    // protocols in which whoever connects speaks first.
    enum class LetIn { at_once, with_first_bytes };
    explicit TcpNetwork(RealLoop& real, LetIn let_in = LetIn::at_once);
    ~TcpNetwork() override;
    // Numeric addresses and "localhost". Fails with what the system says (address in use, …).
    [[nodiscard]] result<std::unique_ptr<Listener>> listen(Address at) override;
    void connect(Address to, OnConnect then) override;
    // From now on connections to 127.0.0.0/8 come from so many addresses in turn, 127.0.0.1 and up
    // to 127.0.0.250: one has only 28,000 ports. 1, as at first: the system chooses.
    void spread_sources(unsigned addresses);
    // Connects whose request the kernel had to send again, those under way included.
    [[nodiscard]] std::uint64_t repeated_connects() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace drydock
