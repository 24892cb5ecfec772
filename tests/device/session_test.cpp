#include "server/device/session.h"

#include <catch2/catch.hpp>

using namespace drydock;
using wire::Command;

namespace {

// Stands still at the beginning of time.
struct StoppedClock final : Clock {
    [[nodiscard]] TimePoint now() const override { return {}; }
    [[nodiscard]] WallTime wall() const override { return {}; }
    TimerId call_at(TimePoint, Task) override { return 1; }
    void cancel(TimerId) override {}
};

struct Desk {
    StoppedClock clock;
    DeviceSession session;
    PinValues values;
    Bytes out;

    DeviceSession::Action feed(Command command, std::uint16_t id, std::string_view body = {}) {
        out.clear();
        wire::Frame const frame{command, id, 0, as_bytes(body)};
        return session.on_frame(frame, clock, &values, out);
    }
    void log_in() {
        static_cast<void>(feed(Command::login, 1, "x"));
        session.accept(out);
    }
    // The status of the one response that was answered.
    unsigned status() {
        auto const step = wire::decode(out, wire::k_body_bytes);
        return step.kind == wire::Decoded::Kind::frame && step.frame.command == Command::response ? step.frame.status
                                                                                                  : 0U;
    }
};

}  // namespace

TEST_CASE("nothing but a login is taken before login", "[device]") {
    Desk desk;
    CHECK(desk.feed(Command::ping, 1) == DeviceSession::Action::close);
    CHECK(desk.feed(Command::login, 0, "x") == DeviceSession::Action::close);
    CHECK(desk.feed(Command::login_legacy, 1, " token\r\n") == DeviceSession::Action::authenticate);
    CHECK(desk.session.login_token() == "token");
}

TEST_CASE("a second login on the same connection hears 4", "[device]") {
    Desk desk;
    desk.log_in();
    CHECK(desk.feed(Command::login, 2, "x") == DeviceSession::Action::go_on);
    CHECK(desk.status() == 4);
}

TEST_CASE("pings, events, groups and properties are answered with 200 under their own id", "[device]") {
    Desk desk;
    desk.log_in();
    for (Command command :
         {Command::ping, Command::event_log, Command::event_clear, Command::group, Command::property}) {
        static_cast<void>(desk.feed(command, 77));
        CHECK(desk.status() == 200);
        CHECK(wire::decode(desk.out, 10).frame.message_id == 77);
    }
}

TEST_CASE("a value is kept, has no answer, and comes back on sync with the request's id", "[device]") {
    Desk desk;
    desk.log_in();
    static_cast<void>(desk.feed(Command::hardware, 5, std::string_view("vw\0002\00021.5", 9)));
    CHECK(desk.out.empty());
    static_cast<void>(desk.feed(Command::hardware_sync, 9, std::string_view("vr\0002", 4)));
    auto const step = wire::decode(desk.out, wire::k_body_bytes);
    CHECK(step.frame.command == Command::hardware);
    CHECK(step.frame.message_id == 9);
    CHECK(as_text(step.frame.body) == std::string_view("vw\0002\00021.5", 9));
}

TEST_CASE("what no device may send is refused without closing", "[device]") {
    Desk desk;
    desk.log_in();
    CHECK(desk.feed(Command::hardware, 5, "vw") == DeviceSession::Action::go_on);
    CHECK(desk.status() == 2);
    static_cast<void>(desk.feed(static_cast<Command>(200), 6));
    CHECK(desk.status() == 2);
}

TEST_CASE("the info block sets the heartbeat and is answered with 200", "[device]") {
    Desk desk;
    desk.log_in();
    static_cast<void>(desk.feed(Command::internal, 2, std::string_view("ver\0001\0h-beat\00010", 15)));
    CHECK(desk.status() == 200);
    CHECK(desk.session.silence_max() == std::chrono::seconds(15));
}

TEST_CASE("kept values are bounded", "[device]") {
    PinValues values;
    for (unsigned pin = 0; pin < 200; ++pin) { static_cast<void>(values.set(pin, "1")); }
    CHECK(values.all().size() == 64);
    CHECK_FALSE(values.set(1, std::string(300, 'x')));
}
