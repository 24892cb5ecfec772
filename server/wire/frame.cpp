#include "server/wire/frame.h"

#include "server/base/check.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace drydock::wire {

namespace {

std::uint16_t read_u16(BytesView at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) << 8U | std::to_integer<unsigned>(at[1]));
}

void append_header(Bytes& out, Command command, std::uint16_t message_id, std::size_t third) {
    std::array<std::byte, k_header_bytes> const header{
        static_cast<std::byte>(command), static_cast<std::byte>(message_id >> 8U),
        static_cast<std::byte>(message_id & 255U), static_cast<std::byte>(third >> 8U),
        static_cast<std::byte>(third & 255U)};
    out.insert(out.end(), header.begin(), header.end());
}

std::uint32_t number_or(std::string_view text, std::uint32_t fallback, std::uint32_t low, std::uint32_t high) {
    std::uint32_t parsed = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc{} || end != text.data() + text.size()) { return fallback; }
    return std::clamp(parsed, low, high);
}

}  // namespace

Decoded decode(BytesView input, std::size_t body_bytes_max) {
    Decoded step;
    if (input.size() < k_header_bytes) { return step; }
    step.frame.command = static_cast<Command>(input[0]);
    step.frame.message_id = read_u16(input.subspan(1));
    std::uint16_t const third = read_u16(input.subspan(3));
    if (step.frame.command == Command::response) {
        step.kind = Decoded::Kind::frame;
        step.frame.status = third;
        step.consumed = k_header_bytes;
        return step;
    }
    if (third > body_bytes_max) {
        step.kind = Decoded::Kind::too_long;
        return step;
    }
    if (input.size() < k_header_bytes + third) { return step; }
    step.kind = Decoded::Kind::frame;
    step.frame.body = input.subspan(k_header_bytes, third);
    step.consumed = k_header_bytes + third;
    return step;
}

void append_frame(Bytes& out, Command command, std::uint16_t message_id, std::string_view body) {
    DRYDOCK_CHECK(body.size() <= k_body_bytes);
    append_header(out, command, message_id, body.size());
    BytesView const bytes = as_bytes(body);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_fields(Bytes& out, Command command, std::uint16_t message_id,
                   std::initializer_list<std::string_view> fields) {
    std::size_t length = fields.size() == 0 ? 0 : fields.size() - 1;
    for (std::string_view field : fields) { length += field.size(); }
    DRYDOCK_CHECK(length <= k_body_bytes);
    append_header(out, command, message_id, length);
    bool is_first = true;
    for (std::string_view field : fields) {
        if (!is_first) { out.push_back(std::byte{0}); }
        is_first = false;
        BytesView const bytes = as_bytes(field);
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
}

void append_response(Bytes& out, std::uint16_t message_id, Status status) {
    append_header(out, Command::response, message_id, static_cast<std::size_t>(status));
}

std::optional<std::string_view> FieldReader::next() {
    if (!more_) { return std::nullopt; }
    auto const end = rest_.find('\0');
    std::string_view const field = rest_.substr(0, end);
    more_ = end != std::string_view::npos;
    rest_ = more_ ? rest_.substr(end + 1) : std::string_view();
    return field;
}

InfoBlock parse_info(BytesView body) {
    InfoBlock info;
    FieldReader fields(body);
    while (auto const key = fields.next()) {
        auto const value = fields.next();
        if (!value) { break; }
        if (*key == "h-beat") { info.heartbeat_seconds = number_or(*value, 45, 5, 3600); }
        if (*key == "buff-in") { info.buffer_bytes = number_or(*value, 256, 64, 65535); }
        if (*key == "ver" || *key == "blynk") { info.library_version = *value; }
        if (*key == "fw" || *key == "mcu" || *key == "ncp") { info.firmware_version = *value; }
        if (*key == "fw-type") { info.firmware_type = *value; }
        if (*key == "dev") { info.device = *value; }
        if (*key == "tmpl") { info.template_code = *value; }
    }
    return info;
}

}  // namespace drydock::wire
