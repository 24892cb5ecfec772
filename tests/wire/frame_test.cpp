#include "server/wire/frame.h"

#include <catch2/catch.hpp>

using namespace drydock;
using namespace drydock::wire;

TEST_CASE("a login as every client family sends it decodes", "[wire]") {
    auto const bytes = *from_hex("1d000100206f6b312d787878787878787878787878787878787878787878787878787878787878");
    auto const whole = decode(BytesView(bytes).first(37), k_body_bytes_before_login);

    REQUIRE(whole.kind == Decoded::Kind::frame);
    CHECK(whole.frame.command == Command::login);
    CHECK(whole.frame.message_id == 1);
    CHECK(as_text(whole.frame.body).starts_with("ok1-"));
}

TEST_CASE("a frame cut anywhere asks for more and consumes nothing", "[wire]") {
    Bytes bytes;
    append_fields(bytes, Command::hardware, 7, {"vw", "1", "42"});
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        auto const step = decode(BytesView(bytes).first(cut), k_body_bytes);
        CHECK(step.kind == Decoded::Kind::need_more);
        CHECK(step.consumed == 0);
    }
    CHECK(decode(bytes, k_body_bytes).consumed == bytes.size());
}

TEST_CASE("a length over the bound is refused from the header alone", "[wire]") {
    auto const bytes = *from_hex("1d0001012c");
    CHECK(decode(bytes, k_body_bytes_before_login).kind == Decoded::Kind::too_long);
}

TEST_CASE("an info block is read in any order, with unknown keys and a NUL at the end", "[wire]") {
    using namespace std::string_literals;
    auto const text = "buff-in\0001024\0h-beat\00040\0odd\0thing\0dev\0Linux\0"s;
    auto const info = parse_info(as_bytes(text));

    CHECK(info.heartbeat_seconds == 40);
    CHECK(info.buffer_bytes == 1024);
    CHECK(info.device == "Linux");
}

TEST_CASE("message ids wrap to one and are never zero", "[wire]") {
    MessageIds ids;
    for (int i = 0; i < 65535; ++i) { CHECK(ids.next() != 0); }
    CHECK(ids.next() == 1);
}
