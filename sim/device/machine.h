// A device's firmware without I/O: logs in, tells its info block, keeps the heartbeat, reconnects
// as its client family does. Timings: the client libraries of devices in the field. Plain data of
// 64 bytes: fleets hold a million of them, so the token stays with the owner.
#pragma once

#include "server/base/clock.h"
#include "server/wire/frame.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drydock {

enum class Family : std::uint8_t {
    cpp,     // the C++ library: notices a close only at its next write, 6 s login patience
    js,      // the JavaScript library: pings each 10 s, sees a close at once, back after 5 s
    modern,  // as cpp, but notices a close at once and is back after 5 s
};
[[nodiscard]] std::optional<Family> family_from(std::string_view name);

enum class Connection : std::uint8_t { off, connecting, logging_in, online, waiting, token_invalid };
[[nodiscard]] std::string_view to_text(Connection connection);

struct DeviceView {
    Connection connection = Connection::off;
    std::uint16_t last_status = 0;  // of the last answer to a login; 0: none yet
    std::uint32_t logins = 0;       // accepted ones
    std::uint32_t connects = 0;     // connections opened
    std::uint32_t unexpected_closes = 0;
};

class Machine {
public:
    enum class Want { nothing, dial, hang_up };

    Machine(Family family, std::uint32_t heartbeat_seconds) : heartbeat_seconds_(heartbeat_seconds), family_(family) {}

    void power_on(TimePoint now);
    void power_off();

    // What happened outside. Bytes to send are appended to `out`.
    void on_connected(TimePoint now, std::string_view token, Bytes& out);
    void on_connect_failed(TimePoint now);
    [[nodiscard]] Want on_frame(wire::Frame const& frame, TimePoint now, Bytes& out);
    void on_closed(TimePoint now);
    // Called at or after next_deadline().
    [[nodiscard]] Want on_time(TimePoint now, Bytes& out);
    [[nodiscard]] TimePoint next_deadline() const { return deadline_; }

    // False unless online.
    bool write(unsigned pin, std::string_view value, TimePoint now, Bytes& out);
    // The message id that the answer will carry; 0 unless online.
    [[nodiscard]] std::uint16_t ping(TimePoint now, Bytes& out);
    [[nodiscard]] DeviceView const& view() const { return view_; }
    [[nodiscard]] Family family() const { return family_; }
    // True when this family sees a closed connection without writing to it.
    [[nodiscard]] bool notices_close() const { return family_ != Family::cpp; }

private:
    void wait_to_dial(TimePoint now, Duration pause);
    void plan(TimePoint now);
    [[nodiscard]] Want on_login_answer(std::uint16_t status, TimePoint now, Bytes& out);
    void send_ping(TimePoint now, Bytes& out);

    [[nodiscard]] std::chrono::seconds heartbeat() const { return std::chrono::seconds(heartbeat_seconds_); }

    TimePoint deadline_ = TimePoint::max();
    TimePoint last_in_{};
    TimePoint last_out_{};
    TimePoint last_ping_{};
    DeviceView view_;
    std::uint32_t heartbeat_seconds_;
    wire::MessageIds ids_;
    Family family_;
};
static_assert(sizeof(Machine) <= 64);

}  // namespace drydock
