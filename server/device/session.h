// The rules of one device connection, without I/O: frames in, answers and an action out. The
// edge (device_edge.h) moves the bytes, asks the store and keeps the time.
#pragma once

#include "server/base/clock.h"
#include "server/wire/frame.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drydock {

// The last value of each pin a device reported, for one ownership epoch. Bounded.
class PinValues {
public:
    // False when there is no room for another pin or the value is too long: not kept.
    bool set(unsigned pin, std::string_view value);
    struct Entry {
        unsigned pin;
        std::string value;
    };
    [[nodiscard]] std::vector<Entry> const& all() const { return entries_; }
    void clear() { entries_.clear(); }

private:
    std::vector<Entry> entries_;  // by pin
};

class DeviceSession {
public:
    enum class Action {
        go_on,
        authenticate,  // look the token up, then call accept() or refuse()
        close,
    };

    // Answers are appended to `out`; `values` are the device's. The token of a login is in
    // login_token() until the next call.
    [[nodiscard]] Action on_frame(wire::Frame const& frame, Clock const& clock, PinValues* values, Bytes& out);
    [[nodiscard]] std::string_view login_token() const { return login_token_; }
    void accept(Bytes& out);
    void refuse(wire::Status status, Bytes& out);

    [[nodiscard]] bool is_logged_in() const { return is_logged_in_; }
    [[nodiscard]] std::size_t body_bytes_max() const {
        return is_logged_in_ ? wire::k_body_bytes : wire::k_body_bytes_before_login;
    }
    // One and a half heartbeats without a frame: offline.
    [[nodiscard]] Duration silence_max() const { return std::chrono::milliseconds(1500LL * heartbeat_seconds_); }

private:
    Action before_login(wire::Frame const& frame);
    void on_hardware(wire::Frame const& frame, PinValues* values, Bytes& out);
    void on_sync(wire::Frame const& frame, PinValues* values, Bytes& out);
    void on_internal(wire::Frame const& frame, Clock const& clock, Bytes& out);

    bool is_logged_in_ = false;
    std::uint16_t login_id_ = 1;
    std::uint16_t heartbeat_seconds_ = 45;
    std::uint16_t buffer_bytes_ = 256;
    std::string_view login_token_;
};

}  // namespace drydock
