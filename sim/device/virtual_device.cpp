#include "sim/device/virtual_device.h"

#include <array>
#include <utility>

namespace drydock {

struct VirtualDevice::State : std::enable_shared_from_this<VirtualDevice::State> {
    State(Loop& its_loop, Dialer& its_dialer, EventLog& its_events, DeviceOptions its_options)
        : loop(its_loop),
          dialer(its_dialer),
          events(its_events),
          options(std::move(its_options)),
          machine(options.family, static_cast<std::uint32_t>(options.heartbeat.count())) {}

    [[nodiscard]] TimePoint now() const { return loop.clock.now(); }

    void act(Machine::Want want) {
        if (want == Machine::Want::dial) { dial(); }
        if (want == Machine::Want::hang_up) { hang_up(); }
        arm();
    }

    void hang_up() {
        ++turn;
        asked_ping = nullptr;
        if (stream) { stream->close(); }
        stream.reset();
        part.clear();
    }

    void dial() {
        hang_up();
        dialer.connect(options.address, [self = weak_from_this(), turn_then = turn](result<StreamPtr> connected) {
            auto const state = self.lock();
            if (state && state->turn == turn_then) { state->on_dialed(std::move(connected)); }
        });
    }

    void on_dialed(result<StreamPtr> connected) {
        if (!connected) {
            machine.on_connect_failed(now());
            events.append(options.name, "device.unreachable");
            return arm();
        }
        stream = std::move(*connected);
        if (options.tls) { stream = tls_connect(options.tls, std::move(stream), options.tls_host); }
        Bytes out;
        machine.on_connected(now(), token.reveal(), out);
        events.append(options.name, "device.connected");
        send(std::move(out));
        listen();
        arm();
    }

    void listen() {
        if (!stream) { return; }
        stream->wait_readable(on_ready<&State::on_readable>(*this));
    }

    void on_readable() {
        auto const self = shared_from_this();  // what follows may drop the last other owner
        std::array<std::byte, 4096> chunk;
        // A write that waited for the TLS handshake goes out as soon as the peer has spoken.
        auto const got = stream->read_some(chunk);
        if (!got && !is_would_block(got.error())) { return on_closed(); }
        if (got) { part.insert(part.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*got)); }
        flush();
        take_frames();
        listen();
    }

    void take_frames() {
        Bytes const bytes = std::exchange(part, {});
        std::size_t used = 0;
        Bytes out;
        while (true) {
            auto const step = wire::decode(BytesView(bytes).subspan(used), wire::k_body_bytes);
            if (step.kind != wire::Decoded::Kind::frame) { break; }
            used += step.consumed;
            Connection const before = machine.view().connection;
            auto const want = machine.on_frame(step.frame, now(), out);
            hear_ping(step.frame);
            if (before == Connection::logging_in && machine.view().connection != before) {
                events.append(options.name, "device.login", {{"status", std::to_string(machine.view().last_status)}});
            }
            if (want != Machine::Want::nothing) { return act(want); }
        }
        part.assign(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
        send(std::move(out));
        arm();
    }

    void hear_ping(wire::Frame const& frame) {
        if (!asked_ping || frame.command != wire::Command::response || frame.message_id != asked_ping_id) { return; }
        auto const then = std::exchange(asked_ping, nullptr);
        then(now() - asked_ping_at);
    }

    void on_closed() {
        // The C++ library finds out only when it writes next.
        if (!machine.notices_close() && machine.view().connection == Connection::online && !is_dead) {
            is_dead = true;
            return;
        }
        is_dead = false;
        hang_up();
        events.append(options.name, "device.closed");
        machine.on_closed(now());
        arm();
    }

    void send(Bytes bytes) {
        unsent.insert(unsent.end(), bytes.begin(), bytes.end());
        if (is_dead && !bytes.empty()) {
            unsent.clear();
            return on_closed();
        }
        flush();
    }

    void flush() {
        while (stream && !unsent.empty()) {
            auto const put = stream->write_some(unsent);
            if (!put) {
                if (!is_would_block(put.error())) { unsent.clear(); }
                if (is_would_block(put.error())) { wait_to_flush(); }
                return;
            }
            unsent.erase(unsent.begin(), unsent.begin() + static_cast<std::ptrdiff_t>(*put));
        }
    }

    void wait_to_flush() { stream->wait_writable(on_ready<&State::flush>(*this)); }

    void arm() {
        TimePoint const when = machine.next_deadline();
        if (timer != 0) { loop.clock.cancel(timer); }
        timer = 0;
        if (when == TimePoint::max()) { return; }
        timer = loop.clock.call_at(when, [self = weak_from_this()] {
            auto const state = self.lock();
            if (!state) { return; }
            state->timer = 0;
            Bytes out;
            auto const want = state->machine.on_time(state->now(), out);
            state->send(std::move(out));
            state->act(want);
        });
    }

    Loop& loop;
    Dialer& dialer;
    EventLog& events;
    DeviceOptions options;
    Secret token;
    Machine machine;
    StreamPtr stream;
    Bytes part;
    Bytes unsent;
    Clock::TimerId timer = 0;
    std::uint64_t turn = 0;  // grows with every connection: late handlers of an old one are ignored
    bool is_dead = false;
    std::function<void(Duration)> asked_ping;
    TimePoint asked_ping_at{};
    std::uint16_t asked_ping_id = 0;
};

VirtualDevice::VirtualDevice(Loop& loop, Dialer& dialer, EventLog& events, DeviceOptions options)
    : state_(std::make_shared<State>(loop, dialer, events, std::move(options))) {}

VirtualDevice::~VirtualDevice() { power_off(); }

void VirtualDevice::set_token(Secret token) { state_->token = std::move(token); }
Secret const& VirtualDevice::token() const { return state_->token; }
DeviceView const& VirtualDevice::view() const { return state_->machine.view(); }

void VirtualDevice::power_on() {
    state_->events.append(state_->options.name, "device.booted");
    state_->machine.power_on(state_->now());
    state_->arm();
}

void VirtualDevice::power_off() {
    if (state_->machine.view().connection == Connection::off) { return; }
    state_->machine.power_off();
    state_->unsent.clear();
    state_->is_dead = false;
    state_->hang_up();
    state_->arm();
}

void VirtualDevice::reset() {
    power_off();
    power_on();
}

bool VirtualDevice::write(unsigned pin, std::string_view value) {
    Bytes out;
    bool const is_sent = state_->machine.write(pin, value, state_->now(), out);
    state_->send(std::move(out));
    state_->arm();
    return is_sent;
}

bool VirtualDevice::ping(std::function<void(Duration)> then) {
    Bytes out;
    std::uint16_t const id = state_->machine.ping(state_->now(), out);
    if (id == 0) { return false; }
    state_->asked_ping = std::move(then);
    state_->asked_ping_at = state_->now();
    state_->asked_ping_id = id;
    state_->send(std::move(out));
    state_->arm();
    return true;
}

}  // namespace drydock
