// Bytes and frames of a device's connection, the answer to its login, and whether that is right.
#include "sim/fleet/engine.h"

#include <algorithm>
#include <utility>

namespace drydock::load {

namespace {

using wire::Command;

constexpr std::size_t k_slow_bytes = 3;
constexpr std::uint16_t k_invalid_token = 9;
constexpr std::uint16_t k_login_id = 1;

bool is_success(std::uint16_t status) { return status == 200 || status == 4; }

}  // namespace

void FleetEngine::listen(Device& device) {
    if (!device.stream || device.is_dead) { return; }
    device.stream->wait_readable(on_ready<&Device::on_readable>(device));
}

void FleetEngine::on_readable(Device& device) {
    std::span<std::byte> const room(chunk_);
    bool const is_slow = device.temper == Temper::slow_reader;
    auto const got = device.stream->read_some(is_slow ? room.first(k_slow_bytes) : room);
    if (!got && !is_would_block(got.error())) { return on_closed(device); }
    // A write that waited for the TLS handshake goes out as soon as the peer has spoken.
    if (device.has_unsent()) { flush(device); }
    if (got) { take(device, BytesView(chunk_).first(*got)); }
    if (is_slow && got) {
        device.with_extra().temper_due = now() + k_slow_pause;
    } else {
        listen(device);
    }
    touch(device);
}

void FleetEngine::take(Device& device, BytesView bytes) {
    Bytes joined;
    if (device.extra && !device.extra->part.empty()) {
        joined = std::exchange(device.extra->part, {});
        joined.insert(joined.end(), bytes.begin(), bytes.end());
        bytes = joined;
    }
    Bytes& out = out_;
    out.clear();
    while (!bytes.empty()) {
        auto const step = wire::decode(bytes, wire::k_body_bytes);
        if (step.kind != wire::Decoded::Kind::frame) { break; }
        bytes = bytes.subspan(step.consumed);
        hear(device, step.frame, out);
        if (!device.stream) { return; }
    }
    if (!bytes.empty()) { device.with_extra().part.assign(bytes.begin(), bytes.end()); }
    send(device, out);
}

void FleetEngine::hear(Device& device, wire::Frame const& frame, Bytes& out) {
    Connection const before = device.machine.view().connection;
    auto const want = device.machine.on_frame(frame, now(), out);
    bool const is_response = frame.command == Command::response;
    if (before == Connection::logging_in && is_response && frame.message_id == k_login_id) {
        hear_login(device, frame.status);
    } else if (before == Connection::logging_in && want == Machine::Want::hang_up) {
        cell(device).add(Counter::protocol_broken);
        login_lost(device, Cause::protocol_broken);
    } else if (before == Connection::online) {
        device.reports = 0;
        if (is_response && want != Machine::Want::hang_up) { hear_answer(device, frame); }
    }
    if (want != Machine::Want::hang_up) { return; }
    if (before == Connection::online) {
        cell(device).add(Counter::protocol_broken);
        fail(device, Cause::protocol_broken);
        went_down(device, now());
        end_deeds(device, false);
    }
    hang_up(device);
}

bool FleetEngine::is_token_dead(Device const& device) const {
    if (!device.has_live_token) { return true; }
    // A login that was under way when the removal was answered may win: it is cut off then.
    return device.deleted() != TimePoint{} && device.step_began >= device.deleted();
}

void FleetEngine::hear_login(Device& device, std::uint16_t status) {
    if (!device.is_login_open) { return; }
    device.is_login_open = false;
    if (device.is_sampled) {
        Fields fields{{"status", std::to_string(status)}};
        if (device.extra && device.extra->tls_memory) {
            fields.emplace_back("resumed", std::to_string(device.extra->tls_memory->resumptions()));
        }
        note(device, "device.login", std::move(fields));
    }
    bool const is_dead = is_token_dead(device);
    if (!is_success(status)) {
        if (!is_dead && device.deleted() == TimePoint{}) { return refused_live(device, status); }
        // A dead token is told 9 and nothing else.
        if (status != k_invalid_token) { return answered_wrongly(device); }
        cell(device).add(Counter::auth_refused);
        return cell(device).record(Latency::auth, now() - device.intended);
    }
    if (is_dead) {
        cell(device).add(Counter::auth_accepted_wrongly);
        fail(device, Cause::auth_accepted_wrongly);
    } else {
        cell(device).add(Counter::auth_accepted);
        cell(device).record(Latency::auth, now() - device.intended);
    }
    came_online(device);
}

void FleetEngine::refused_live(Device& device, std::uint16_t status) {
    if (status == k_invalid_token && device.is_doomed) {
        // The removal is asked for, and its answer may still be under way.
        device.was_refused_early = true;
        return cell(device).add(Counter::auth_refused);
    }
    if (status != k_invalid_token && is_forgiven(device)) {
        cell(device).add(Counter::auth_refused);
        return fail(device, Cause::lost_while_away);
    }
    cell(device).add(Counter::auth_refused_wrongly);
    fail(device, status == k_invalid_token ? Cause::auth_refused_9 : Cause::auth_refused_otherwise);
}

void FleetEngine::answered_wrongly(Device& device) {
    if (is_forgiven(device)) { return fail(device, Cause::lost_while_away); }
    cell(device).add(Counter::protocol_broken);
    fail(device, Cause::protocol_broken);
}

void FleetEngine::login_lost(Device& device, Cause cause) {
    if (!device.is_login_sent) { return connect_failed(device, Cause::connect_lost); }
    if (!device.is_login_open) { return; }
    device.is_login_open = false;
    if (device.is_mute) { return fail(device, Cause::way_lost); }
    if (is_forgiven(device)) { return fail(device, Cause::lost_while_away); }
    cell(device).add(Counter::auth_lost);
    fail(device, cause);
}

void FleetEngine::came_online(Device& device) {
    device.is_online = true;
    reckon(device);
    if (device.lost() != TimePoint{}) {
        cell(device).record(Latency::reconnect, now() - std::exchange(device.extra->lost, TimePoint{}));
    }
    if (device.deleted() != TimePoint{}) { device.awaits_cut = true; }
    begin_deeds(device);
    begin_temper(device);
}

void FleetEngine::login_sent(Device& device) {
    device.is_login_sent = true;
    TimePoint const time = now();
    if (device.is_connect_open) { cell(device).record(Latency::connect, time - device.step_began); }
    device.is_connect_open = false;
    device.step_began = time;
    if (device.temper == Temper::half_login) { return; }
    device.is_login_open = true;
    cell(device).add(Counter::auth_started);
}

bool FleetEngine::send(Device& device, Bytes const& bytes) {
    if (bytes.empty() || device.machine.view().connection == Connection::off) { return true; }
    if (device.is_mute && device.patience == k_never) { device.patience = now() + k_repeats_end; }
    if (device.is_dead) {
        end_deeds(device, false);
        hang_up(device);
        device.machine.on_closed(now());
        return false;
    }
    if (device.has_unsent()) {
        // Bounded by what a device says in one patience: a few messages of a few bytes.
        device.extra->unsent.insert(device.extra->unsent.end(), bytes.begin(), bytes.end());
        return true;
    }
    BytesView rest(bytes);
    while (!rest.empty()) {
        auto const put = device.stream->write_some(rest);
        if (!put) { break; }
        rest = rest.subspan(*put);
        if (!device.is_login_sent) { login_sent(device); }
    }
    // What broke the connection is told by the read that follows.
    if (rest.empty()) { return true; }
    device.with_extra().unsent.assign(rest.begin(), rest.end());
    device.stream->wait_writable(on_ready<&Device::on_writable>(device));
    return true;
}

void FleetEngine::flush(Device& device) {
    if (!device.has_unsent()) { return; }
    Bytes const waiting = std::exchange(device.extra->unsent, {});
    send(device, waiting);
}

}  // namespace drydock::load
