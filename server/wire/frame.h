// Frames of the binary device protocol: a 5-byte header `command u8 | message id u16 | length or
// status u16` (big-endian), then a body of fields joined by NUL. A response has a status in
// place of the length and no body. No I/O, no allocation on the way in.
#pragma once

#include "server/base/bytes.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace drydock::wire {

enum class Command : std::uint8_t {
    response = 0,
    login_legacy = 2,
    ping = 6,
    bridge = 15,
    hardware_sync = 16,
    internal = 17,
    property = 19,
    hardware = 20,
    group = 21,
    login = 29,
    redirect = 41,
    debug_print = 55,
    event_log = 64,
    event_clear = 65,
};

enum class Status : std::uint16_t {
    ok = 200,
    quota_limit = 1,
    illegal_command = 2,
    not_registered = 3,
    already_registered = 4,
    not_authenticated = 5,
    not_allowed = 6,
    invalid_token = 9,  // final: real clients stop for ever on it
    illegal_body = 11,
    server_exception = 19,  // "later": every transient fault
    not_supported_version = 20,
};

inline constexpr std::size_t k_header_bytes = 5;
// The bound on a body before login and after it.
inline constexpr std::size_t k_body_bytes_before_login = 256;
inline constexpr std::size_t k_body_bytes = 65535;

struct Frame {
    Command command;  // may be a number outside the enumeration: the peer chose it
    std::uint16_t message_id = 0;
    std::uint16_t status = 0;  // responses only
    BytesView body;            // points into the input; empty for responses
};

// One step of decoding. Stateless: the caller keeps what was not consumed.
struct Decoded {
    enum class Kind { frame, need_more, too_long };
    Kind kind = Kind::need_more;
    Frame frame{};
    std::size_t consumed = 0;  // header and body, for `frame` only
};
[[nodiscard]] Decoded decode(BytesView input, std::size_t body_bytes_max);

// Appends a whole frame. The body must be at most 65,535 bytes.
void append_frame(Bytes& out, Command command, std::uint16_t message_id, std::string_view body);
void append_fields(Bytes& out, Command command, std::uint16_t message_id,
                   std::initializer_list<std::string_view> fields);
void append_response(Bytes& out, std::uint16_t message_id, Status status);

// Splits a body at its NULs without allocating: next() gives field after field, nothing at the
// end. An empty body has no field; a trailing NUL makes one empty last field.
class FieldReader {
public:
    explicit FieldReader(BytesView body) : rest_(as_text(body)), more_(!body.empty()) {}
    [[nodiscard]] std::optional<std::string_view> next();

private:
    std::string_view rest_;
    bool more_;
};

// What a device tells of itself right after login: key, value, key, value …, in any order, with
// unknown keys and maybe an empty last field.
struct InfoBlock {
    std::uint32_t heartbeat_seconds = 45;  // "h-beat"; 45 when absent, clamped to 5..3600
    std::uint32_t buffer_bytes = 256;      // "buff-in"; 256 when absent, clamped to 64..65535
    std::string_view library_version;      // "ver" or "blynk"
    std::string_view firmware_version;     // "fw", "mcu" or "ncp"
    std::string_view firmware_type;        // "fw-type"
    std::string_view device;               // "dev"
    std::string_view template_code;        // "tmpl"
};
// The views point into the body.
[[nodiscard]] InfoBlock parse_info(BytesView body);

// Message ids run 1..65535 and wrap to 1; zero is illegal.
class MessageIds {
public:
    [[nodiscard]] std::uint16_t next() {
        last_ = static_cast<std::uint16_t>(last_ == 65535 ? 1 : last_ + 1);
        return last_;
    }

private:
    std::uint16_t last_ = 0;
};

}  // namespace drydock::wire
