// Verbs of devices and of whoever holds one in hand: injection, power, reports, raw frames.
#include "rig/verbs/table.h"
#include "server/base/bytes.h"
#include "server/base/spawn.h"
#include "server/wire/frame.h"
#include "sim/device/raw_client.h"

#include <charconv>
#include <memory>

namespace drydock::rig {

namespace {

// How long a raw client waits for an answer before it calls the server silent.
constexpr auto k_raw_patience = std::chrono::seconds(15);
constexpr auto k_ping_patience = std::chrono::seconds(5);

awaitable<Outcome> inject(StepContext context) {
    DeviceActor& box = context.device("device");
    std::string const token = context.text("token");
    box.device->set_token(Secret(token));
    box.token_id = context.stage().token_of(token);
    Outcome outcome;
    // The virtual board's storage is read back as an end-of-line station would.
    outcome.add("readback", box.device->token() == Secret(token) ? "match" : "mismatch");
    co_return outcome;
}

awaitable<Outcome> power_on(StepContext context) {
    context.device().device->power_on();
    co_return Outcome{};
}

awaitable<Outcome> power_off(StepContext context) {
    context.device().device->power_off();
    co_return Outcome{};
}

awaitable<Outcome> reset(StepContext context) {
    context.device().device->reset();
    co_return Outcome{};
}

unsigned pin_number(std::string_view pin) {
    unsigned number = 256;
    std::string_view const digits = pin.starts_with("V") ? pin.substr(1) : pin;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number > 255) {
        throw StepError("'" + std::string(pin) + "' is no pin: V0 to V255");
    }
    return number;
}

awaitable<Outcome> write(StepContext context) {
    std::string const pin = context.text("pin");
    if (!context.device().device->write(pin_number(pin), context.text("value"))) {
        co_return Outcome::refused("not_connected");
    }
    co_return Outcome{};
}

struct Pong {
    bool is_there = false;
    Duration round_trip{};
};

awaitable<Outcome> ping(StepContext context) {
    auto pong = std::make_shared<Pong>();
    auto on_answer = [pong](Duration round_trip) {
        pong->is_there = true;
        pong->round_trip = round_trip;
    };
    if (!context.device().device->ping(std::move(on_answer))) { co_return Outcome::refused("not_connected"); }
    Clock& clock = context.bench().loop().clock;
    TimePoint const give_up = clock.now() + k_ping_patience;
    while (!pong->is_there && clock.now() < give_up) {
        co_await sleep_until(clock, clock.now() + std::chrono::milliseconds(1));
    }
    if (!pong->is_there) { co_return Outcome::refused("no_answer"); }
    Outcome outcome;
    outcome.add("rtt",
                std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(pong->round_trip).count()) + "ms");
    co_return outcome;
}

// Sends bytes as they are and tells what came back: the frames' hex, the first status, whether
// the server closed.
awaitable<Outcome> exchange(StepContext& context, Bytes bytes) {
    Target const target = context.bench().target();
    auto const answer = co_await raw_exchange(context.bench().loop(), context.bench().dialer(), target.address,
                                              target.tls, target.tls_host, std::move(bytes), k_raw_patience);
    if (!answer) { co_return Outcome::refused("not_connected", answer.error().message()); }
    Outcome outcome;
    auto const first = wire::decode(answer->received, wire::k_body_bytes);
    bool const is_response = first.kind == wire::Decoded::Kind::frame && first.frame.command == wire::Command::response;
    outcome.add("status", is_response ? std::to_string(first.frame.status) : "none");
    outcome.add("answer", to_hex(answer->received));
    outcome.add("closed", answer->was_closed ? "true" : "false");
    co_return outcome;
}

awaitable<Outcome> connect(StepContext context) {
    Bytes login;
    wire::append_frame(login, wire::Command::login, 1, context.text("token"));
    Outcome outcome = co_await exchange(context, std::move(login));
    if (outcome.is_refused()) { co_return outcome; }
    std::string const status = *outcome.find("status");
    if (status == "9") { co_return Outcome::refused("invalid_token"); }
    if (status == "19") { co_return Outcome::refused("later"); }
    if (status == "none") { co_return Outcome::refused("closed"); }
    co_return outcome;
}

awaitable<Outcome> raw(StepContext context) {
    auto const bytes = from_hex(context.text("hex"));
    if (!bytes) { throw StepError("'hex' is no hexadecimal text"); }
    co_return co_await exchange(context, *bytes);
}

}  // namespace

std::vector<Verb> device_verbs() {
    using enum ParameterType;
    std::vector<ActorKind> const device{ActorKind::device};
    std::vector<ActorKind> const attacker{ActorKind::attacker};
    return {
        {{"eol.inject",
          {ActorKind::station, ActorKind::organization},
          {{"device", actor, true, "The unit on the bench."}, {"token", text, true, "The AuthToken."}},
          {"readback"},
          {},
          {},
          "Write an AuthToken into a device and read it back."},
         &inject},
        {{"device.power_on", device, {}, {}, {}, {}, "Switch the device on and let its firmware start."}, &power_on},
        {{"device.power_off", device, {}, {}, {}, {}, "Cut its power."}, &power_off},
        {{"device.reset", device, {}, {}, {}, {}, "Restart its firmware."}, &reset},
        {{"device.write",
          device,
          {{"pin", text, true, "V0 … V255."}, {"value", text, true, "The value."}},
          {},
          {"not_connected"},
          {},
          "Report a value on a virtual pin."},
         &write},
        {{"device.ping", device, {}, {"rtt"}, {"not_connected", "no_answer"}, {}, "Ask the cloud for a sign of life."},
         &ping},
        {{"device.connect",
          attacker,
          {{"token", text, true, "Whatever shall stand in the login."}},
          {"status", "answer", "closed"},
          {"invalid_token", "later", "closed", "not_connected"},
          {},
          "Log in by hand with some text as AuthToken."},
         &connect},
        {{"wire.send",
          attacker,
          {{"hex", text, true, "Bytes in hexadecimal."}},
          {"status", "answer", "closed"},
          {"not_connected"},
          {},
          "Send raw bytes to the device port and see what comes back."},
         &raw},
    };
}

}  // namespace drydock::rig
