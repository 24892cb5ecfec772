// The frame decoder. The input's first byte says how many cuts follow (low three bits) and which
// bound on a body holds (top bit); each cut byte is a piece's length; the rest is the stream.
#include "server/wire/frame.h"

#include "server/base/check.h"
#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace drydock;
using namespace drydock::wire;

struct Kept {
    Command command;
    std::uint16_t message_id;
    std::uint16_t status;
    std::string body;
    friend bool operator==(Kept const&, Kept const&) = default;
};

struct Outcome {
    std::vector<Kept> frames;
    bool is_too_long = false;
    std::size_t left_over = 0;  // bytes of a frame that is not whole yet
    friend bool operator==(Outcome const&, Outcome const&) = default;
};

void judge_fields(Frame const& frame) {
    std::string joined;
    bool is_first = true;
    FieldReader fields(frame.body);
    while (auto const field = fields.next()) {
        DRYDOCK_CHECK(fuzz::is_inside(*field, as_text(frame.body)));
        DRYDOCK_CHECK(field->find('\0') == std::string_view::npos);
        if (!is_first) { joined.push_back('\0'); }
        is_first = false;
        joined += *field;
    }
    DRYDOCK_CHECK(joined == as_text(frame.body));
}

void judge_info(Frame const& frame) {
    InfoBlock const info = parse_info(frame.body);
    DRYDOCK_CHECK(info.heartbeat_seconds >= 5);
    DRYDOCK_CHECK(info.heartbeat_seconds <= 3600);
    DRYDOCK_CHECK(info.buffer_bytes >= 64);
    DRYDOCK_CHECK(info.buffer_bytes <= 65535);
    for (std::string_view const text :
         {info.library_version, info.firmware_version, info.firmware_type, info.device, info.template_code}) {
        DRYDOCK_CHECK(fuzz::is_inside(text, as_text(frame.body)));
    }
}

void judge_bytes(Frame const& frame, BytesView consumed) {
    Bytes again;
    if (frame.command == Command::response) {
        DRYDOCK_CHECK(frame.body.empty());
        append_response(again, frame.message_id, static_cast<Status>(frame.status));
    } else {
        append_frame(again, frame.command, frame.message_id, as_text(frame.body));
    }
    DRYDOCK_CHECK(std::ranges::equal(again, consumed));
}

// Takes every whole frame off the front of the stream, as a session does.
void take_frames(BytesView& stream, std::size_t body_bytes_max, Outcome& outcome) {
    while (!outcome.is_too_long) {
        Decoded const step = decode(stream, body_bytes_max);
        DRYDOCK_CHECK(step.consumed <= stream.size());
        if (step.kind != Decoded::Kind::frame) {
            DRYDOCK_CHECK(step.consumed == 0);
            outcome.is_too_long = step.kind == Decoded::Kind::too_long;
            return;
        }
        DRYDOCK_CHECK(step.consumed >= k_header_bytes);
        DRYDOCK_CHECK(step.frame.body.size() <= body_bytes_max);
        judge_bytes(step.frame, stream.first(step.consumed));
        judge_fields(step.frame);
        judge_info(step.frame);
        outcome.frames.push_back(
            {step.frame.command, step.frame.message_id, step.frame.status, std::string(as_text(step.frame.body))});
        stream = stream.subspan(step.consumed);
    }
}

Outcome at_once(BytesView stream, std::size_t body_bytes_max) {
    Outcome outcome;
    take_frames(stream, body_bytes_max, outcome);
    outcome.left_over = stream.size();
    return outcome;
}

Outcome in_pieces(BytesView stream, BytesView lengths, std::size_t body_bytes_max) {
    Outcome outcome;
    Bytes held;
    for (std::size_t piece = 0; !stream.empty(); ++piece) {
        std::size_t const wanted =
            piece < lengths.size() ? std::to_integer<std::size_t>(lengths[piece]) : stream.size();
        BytesView const taken = stream.first(std::min(wanted, stream.size()));
        stream = stream.subspan(taken.size());
        // A buffer of exactly these bytes: a read past its end is seen by AddressSanitizer.
        held.insert(held.end(), taken.begin(), taken.end());
        held.shrink_to_fit();
        BytesView rest = held;
        take_frames(rest, body_bytes_max, outcome);
        held = Bytes(rest.begin(), rest.end());
    }
    outcome.left_over = held.size();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) { return 0; }
    BytesView const input = fuzz::bytes_of(data, size);
    std::size_t const cuts = std::min<std::size_t>(data[0] & 7U, size - 1);
    std::size_t const body_bytes_max = (data[0] & 128U) == 0 ? k_body_bytes_before_login : k_body_bytes;
    BytesView const stream = input.subspan(1 + cuts);
    Outcome const whole = at_once(stream, body_bytes_max);
    DRYDOCK_CHECK(in_pieces(stream, input.subspan(1, cuts), body_bytes_max) == whole);
    return 0;
}
