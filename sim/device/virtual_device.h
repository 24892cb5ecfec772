// A virtual device: the firmware machine on a network and a clock. Reads through a buffer shared
// by all devices of the process's loop; an idle one owns none. Loop thread only.
#pragma once

#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"
#include "server/token/token.h"
#include "sim/device/machine.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace drydock {

struct DeviceOptions {
    std::string name;
    Address address;
    std::shared_ptr<TlsContext> tls;  // empty: plain
    std::string tls_host;
    Family family = Family::modern;
    std::chrono::seconds heartbeat{10};
};

class VirtualDevice {
public:
    VirtualDevice(Loop& loop, Dialer& dialer, EventLog& events, DeviceOptions options);
    ~VirtualDevice();
    VirtualDevice(VirtualDevice const&) = delete;
    VirtualDevice& operator=(VirtualDevice const&) = delete;

    void set_token(Secret token);
    [[nodiscard]] Secret const& token() const;
    void power_on();
    void power_off();
    void reset();
    // False unless it is online.
    [[nodiscard]] bool write(unsigned pin, std::string_view value);
    // Calls `then` with the round trip when the answer comes.
    [[nodiscard]] bool ping(std::function<void(Duration)> then);
    [[nodiscard]] DeviceView const& view() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace drydock
