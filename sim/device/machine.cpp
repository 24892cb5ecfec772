#include "sim/device/machine.h"

#include "server/base/check.h"

#include <algorithm>
#include <string>

namespace drydock {

namespace {

using namespace std::chrono_literals;
using wire::Command;

constexpr Duration k_login_patience = 6s;  // the C++ library's time-out
constexpr Duration k_retry = 5s;           // every family's pause before the next try
constexpr Duration k_silence_grace = 18s;  // beyond the heartbeat, three time-outs
constexpr Duration k_js_ping = 10s;
constexpr Duration k_ping_again = 6s;

}  // namespace

std::optional<Family> family_from(std::string_view name) {
    if (name == "cpp") { return Family::cpp; }
    if (name == "js") { return Family::js; }
    if (name == "modern") { return Family::modern; }
    return std::nullopt;
}

std::string_view to_text(Connection connection) {
    switch (connection) {
        case Connection::off: return "off";
        case Connection::connecting: return "connecting";
        case Connection::logging_in: return "logging_in";
        case Connection::online: return "online";
        case Connection::waiting: return "waiting";
        case Connection::token_invalid: return "token_invalid";
    }
    DRYDOCK_UNREACHABLE();
}

void Machine::power_on(TimePoint now) {
    view_.connection = Connection::waiting;
    view_.last_status = 0;
    deadline_ = now;
}

void Machine::power_off() {
    view_.connection = Connection::off;
    deadline_ = TimePoint::max();
}

void Machine::wait_to_dial(TimePoint now, Duration pause) {
    view_.connection = Connection::waiting;
    deadline_ = now + pause;
}

void Machine::on_connected(TimePoint now, std::string_view token, Bytes& out) {
    ++view_.connects;
    ids_ = {};
    view_.connection = Connection::logging_in;
    wire::append_frame(out, Command::login, ids_.next(), token);
    last_out_ = now;
    deadline_ = now + k_login_patience;
}

void Machine::on_connect_failed(TimePoint now) {
    if (view_.connection == Connection::connecting) { wait_to_dial(now, k_retry); }
}

void Machine::on_closed(TimePoint now) {
    if (view_.connection == Connection::online) { ++view_.unexpected_closes; }
    if (view_.connection == Connection::online || view_.connection == Connection::logging_in) {
        wait_to_dial(now, k_retry);
    }
}

Machine::Want Machine::on_frame(wire::Frame const& frame, TimePoint now, Bytes& out) {
    last_in_ = now;
    if (frame.message_id == 0) {
        wait_to_dial(now, k_retry);
        return Want::hang_up;
    }
    if (view_.connection == Connection::logging_in) {
        if (frame.command != Command::response || frame.message_id != 1) { return Want::nothing; }
        return on_login_answer(frame.status, now, out);
    }
    if (view_.connection != Connection::online) { return Want::nothing; }
    if (frame.command == Command::response && frame.status == 5) {
        wait_to_dial(now, k_retry);
        return Want::hang_up;
    }
    plan(now);
    return Want::nothing;
}

Machine::Want Machine::on_login_answer(std::uint16_t status, TimePoint now, Bytes& out) {
    view_.last_status = status;
    if (status == 200 || status == 4) {
        ++view_.logins;
        view_.connection = Connection::online;
        std::string const beat = std::to_string(heartbeat_seconds_);
        wire::append_fields(out, Command::internal, ids_.next(),
                            {"ver", "1.4.0", "h-beat", beat, "buff-in", "1024", "dev", "drydock"});
        last_out_ = now;
        last_ping_ = now;
        plan(now);
        return Want::nothing;
    }
    if (status == 9) {
        // Final: silent until the power is cut or the token replaced.
        view_.connection = Connection::token_invalid;
        deadline_ = TimePoint::max();
        return Want::hang_up;
    }
    wait_to_dial(now, k_retry);
    return Want::hang_up;
}

void Machine::plan(TimePoint now) {
    if (family_ == Family::js) {
        deadline_ = std::max(now, last_ping_ + k_js_ping);
        return;
    }
    TimePoint const idle_since = std::min(last_in_, last_out_);
    TimePoint const next_ping = std::max(idle_since + heartbeat(), last_ping_ + k_ping_again);
    deadline_ = std::min(next_ping, last_in_ + heartbeat() + k_silence_grace);
}

void Machine::send_ping(TimePoint now, Bytes& out) {
    wire::append_frame(out, Command::ping, ids_.next(), {});
    last_ping_ = now;
    last_out_ = now;
}

Machine::Want Machine::on_time(TimePoint now, Bytes& out) {
    if (now < deadline_) { return Want::nothing; }
    switch (view_.connection) {
        case Connection::waiting:
            view_.connection = Connection::connecting;
            deadline_ = TimePoint::max();
            return Want::dial;
        case Connection::logging_in:
            wait_to_dial(now, family_ == Family::cpp ? Duration(0) : k_retry);
            return Want::hang_up;
        case Connection::online:
            if (family_ != Family::js && now >= last_in_ + heartbeat() + k_silence_grace) {
                ++view_.unexpected_closes;
                wait_to_dial(now, k_retry);
                return Want::hang_up;
            }
            send_ping(now, out);
            plan(now);
            return Want::nothing;
        default: deadline_ = TimePoint::max(); return Want::nothing;
    }
}

bool Machine::write(unsigned pin, std::string_view value, TimePoint now, Bytes& out) {
    if (view_.connection != Connection::online) { return false; }
    wire::append_fields(out, Command::hardware, ids_.next(), {"vw", std::to_string(pin), value});
    last_out_ = now;
    plan(now);
    return true;
}

std::uint16_t Machine::ping(TimePoint now, Bytes& out) {
    if (view_.connection != Connection::online) { return 0; }
    std::uint16_t const id = ids_.next();
    wire::append_frame(out, Command::ping, id, {});
    last_out_ = now;
    plan(now);
    return id;
}

}  // namespace drydock
