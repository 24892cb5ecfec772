#include "server/device/session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace drydock {

namespace {

using wire::Command;
using wire::Status;

constexpr std::size_t k_pins_max = 64;
constexpr std::size_t k_value_bytes_max = 256;
constexpr unsigned k_pin_max = 255;

std::optional<unsigned> pin_of(std::string_view text) {
    unsigned pin = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), pin);
    if (error != std::errc{} || end != text.data() + text.size() || pin > k_pin_max) { return std::nullopt; }
    return pin;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\n' || text.back() == '\0')) {
        text.remove_suffix(1);
    }
    while (!text.empty() && text.front() == ' ') { text.remove_prefix(1); }
    return text;
}

struct Number {
    std::array<char, 24> digits{};
    std::string_view text;
    explicit Number(std::int64_t value) {
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text = {digits.data(), static_cast<std::size_t>(end - digits.data())};
    }
};

}  // namespace

bool PinValues::set(unsigned pin, std::string_view value) {
    if (value.size() > k_value_bytes_max) { return false; }
    auto const at =
        std::lower_bound(entries_.begin(), entries_.end(), pin, [](Entry const& e, unsigned p) { return e.pin < p; });
    if (at != entries_.end() && at->pin == pin) {
        at->value.assign(value);
        return true;
    }
    if (entries_.size() >= k_pins_max) { return false; }
    entries_.insert(at, Entry{pin, std::string(value)});
    return true;
}

DeviceSession::Action DeviceSession::on_frame(wire::Frame const& frame, Clock const& clock, PinValues* values,
                                              Bytes& out) {
    // Every real client drops a connection on which it sees id 0; so do we.
    if (frame.message_id == 0) { return Action::close; }
    if (!is_logged_in_) { return before_login(frame); }
    switch (frame.command) {
        case Command::response: break;  // an answer, whatever its status
        case Command::login:
        case Command::login_legacy: append_response(out, frame.message_id, Status::already_registered); break;
        case Command::ping:
        case Command::group:
        case Command::property:
        case Command::event_log:
        case Command::event_clear: append_response(out, frame.message_id, Status::ok); break;
        case Command::hardware: on_hardware(frame, values, out); break;
        case Command::hardware_sync: on_sync(frame, values, out); break;
        case Command::internal: on_internal(frame, clock, out); break;
        default: append_response(out, frame.message_id, Status::illegal_command); break;
    }
    return Action::go_on;
}

DeviceSession::Action DeviceSession::before_login(wire::Frame const& frame) {
    if (frame.command != Command::login && frame.command != Command::login_legacy) { return Action::close; }
    login_id_ = frame.message_id;
    login_token_ = trimmed(as_text(frame.body));
    return Action::authenticate;
}

void DeviceSession::accept(Bytes& out) {
    is_logged_in_ = true;
    append_response(out, login_id_, Status::ok);
}

void DeviceSession::refuse(wire::Status status, Bytes& out) { append_response(out, login_id_, status); }

void DeviceSession::on_hardware(wire::Frame const& frame, PinValues* values, Bytes& out) {
    wire::FieldReader fields(frame.body);
    auto const kind = fields.next();
    auto const pin_text = fields.next();
    auto const value = fields.next();
    if (!kind || !pin_text || !value) { return append_response(out, frame.message_id, Status::illegal_command); }
    auto const pin = pin_of(*pin_text);
    if (!pin) { return append_response(out, frame.message_id, Status::illegal_command); }
    // Success has no answer: devices do not wait for one.
    if (*kind == "vw" && values != nullptr) { values->set(*pin, *value); }
}

void DeviceSession::on_sync(wire::Frame const& frame, PinValues* values, Bytes& out) {
    if (values == nullptr) { return; }
    auto const answer = [&](PinValues::Entry const& entry) {
        Number const pin(entry.pin);
        // Bodies stay below the announced buffer.
        if (entry.value.size() + pin.text.size() + 4 >= buffer_bytes_) { return; }
        wire::append_fields(out, Command::hardware, frame.message_id, {"vw", pin.text, entry.value});
    };
    if (frame.body.empty()) {
        for (auto const& entry : values->all()) { answer(entry); }
        return;
    }
    wire::FieldReader fields(frame.body);
    if (fields.next() != "vr") { return append_response(out, frame.message_id, Status::illegal_command); }
    while (auto const text = fields.next()) {
        auto const pin = pin_of(*text);
        for (auto const& entry : values->all()) {
            if (pin && entry.pin == *pin) { answer(entry); }
        }
    }
}

void DeviceSession::on_internal(wire::Frame const& frame, Clock const& clock, Bytes& out) {
    wire::FieldReader fields(frame.body);
    auto const what = fields.next().value_or("");
    auto const which = fields.next().value_or("");
    std::int64_t const millis = clock.wall().time_since_epoch().count();
    if (what == "rtc") {
        return wire::append_fields(out, Command::internal, frame.message_id, {"rtc", Number(millis / 1000).text});
    }
    if (what == "utc" && which == "time") {
        return wire::append_fields(out, Command::internal, frame.message_id, {"utc", "time", Number(millis).text});
    }
    if (what == "utc" && which == "tz_name") {
        return wire::append_fields(out, Command::internal, frame.message_id, {"utc", "tz_name", "Etc/UTC"});
    }
    if (what == "utc" || what == "meta") { return append_response(out, frame.message_id, Status::illegal_body); }
    wire::InfoBlock const info = wire::parse_info(frame.body);
    heartbeat_seconds_ = static_cast<std::uint16_t>(info.heartbeat_seconds);
    buffer_bytes_ = static_cast<std::uint16_t>(info.buffer_bytes);
    append_response(out, frame.message_id, Status::ok);
}

}  // namespace drydock
