// Connections of devices: begun, standing, lost, given up.
#include "sim/fleet/engine.h"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace drydock::load {

namespace {

constexpr Duration k_connect_patience = std::chrono::seconds(30);

Cause cause_of(error_code failure) {
    if (failure == boost::asio::error::connection_refused) { return Cause::connect_refused; }
    bool const is_ours =
        failure == boost::asio::error::no_descriptors || failure == boost::asio::error::no_buffer_space ||
        failure == boost::system::errc::too_many_files_open_in_system ||
        failure == boost::asio::error::address_in_use || failure == boost::system::errc::address_not_available;
    if (is_ours) { return Cause::machine_full; }
    return failure == boost::asio::error::timed_out ? Cause::connect_timeout : Cause::connect_lost;
}

}  // namespace

void FleetEngine::power_on(Device& device, TimePoint intended) {
    note(device, "device.booted");
    device.way->attach();
    device.is_attaching = true;
    reckon(device);
    device.machine.power_on(intended);
    step(device);
}

void FleetEngine::step(Device& device) {
    if (device.temper == Temper::half_login && device.stream) { return; }
    TimePoint const due = device.machine.next_deadline();
    Connection const before = device.machine.view().connection;
    out_.clear();
    auto const want = device.machine.on_time(now(), out_);
    if (want == Machine::Want::dial) {
        device.intended = due;
        late(device, due);
        return dial(device);
    }
    if (want == Machine::Want::hang_up) {
        if (before == Connection::logging_in) { login_lost(device, Cause::auth_silent); }
        if (before == Connection::online) {
            if (!device.is_mute) {
                fail(device, is_forgiven(device) ? Cause::lost_while_away : Cause::connection_silent);
            }
            went_down(device, now());
            end_deeds(device, true);
        }
        note(device, "device.gave_up");
        return hang_up(device);
    }
    send(device, out_);
}

void FleetEngine::dial(Device& device) {
    hang_up(device);
    cell(device).add(Counter::connect_started);
    device.is_connect_open = true;
    device.away_turn = away_turn_;
    wait_for_way(device);
    Address const& target = device.has_tls ? options_.tls_target : options_.target;
    auto const slot = static_cast<std::uint32_t>(slot_of(device));
    device.way->connect(target, [guard = std::weak_ptr(self_), slot, turn = device.turn](result<StreamPtr> connected) {
        auto const self = guard.lock();
        if (!self) { return; }
        Device& dialed = (*self)->devices_[slot];
        if (dialed.turn == turn) { (*self)->on_dialed(dialed, std::move(connected)); }
    });
}

void FleetEngine::wait_for_way(Device& device) {
    TimePoint const attached = device.way->attached_at();
    device.patience = k_never;  // an outage has an end of its own
    if (attached == k_never) { return; }
    TimePoint const time = now();
    device.step_began = std::max(time, attached);
    if (attached <= time) { set_attached(device); }
    device.patience = device.step_began + k_connect_patience;
    // A login that waited for an attach was meant for the end of that.
    device.intended = std::max(device.intended, attached);
}

// From now on it is for the cloud to let it in.
void FleetEngine::set_attached(Device& device) {
    if (!device.is_attaching) { return; }
    device.is_attaching = false;
    reckon(device);
}

void FleetEngine::on_dialed(Device& device, result<StreamPtr> connected) {
    device.patience = k_never;
    set_attached(device);
    if (!connected) {
        connect_failed(device, cause_of(connected.error()));
        device.machine.on_connect_failed(now());
        return touch(device);
    }
    device.stream = std::move(*connected);
    if (device.has_tls) {
        if (device.resumes && !device.with_extra().tls_memory) {
            device.extra->tls_memory = std::make_unique<TlsMemory>();
        }
        TlsMemory* const memory = device.resumes ? device.extra->tls_memory.get() : nullptr;
        device.stream = tls_connect(options_.tls, std::move(device.stream), options_.tls_host, memory);
    } else {
        device.is_connect_open = false;
        cell(device).record(Latency::connect, now() - device.step_began);
    }
    note(device, "device.connected");
    out_.clear();
    TokenText const& token = options_.tokens[slot_of(device)];
    device.machine.on_connected(now(), {token.data(), token.size()}, out_);
    if (device.temper == Temper::half_login) { shorten_login(device, out_); }
    send(device, out_);
    listen(device);
    touch(device);
}

void FleetEngine::connect_failed(Device& device, Cause cause) {
    if (!device.is_connect_open) { return; }
    device.is_connect_open = false;
    if (cause == Cause::machine_full) { return fail(device, cause); }
    if (device.is_mute) { return fail(device, Cause::way_lost); }
    if (is_forgiven(device)) { return fail(device, Cause::lost_while_away); }
    cell(device).add(Counter::connect_failed);
    fail(device, cause);
}

void FleetEngine::on_patience(Device& device) {
    device.patience = k_never;
    if (device.machine.view().connection == Connection::connecting) {
        set_attached(device);
        connect_failed(device, Cause::connect_timeout);
        hang_up(device);
        device.machine.on_connect_failed(now());
    } else if (device.is_mute) {
        // What it wrote was never acknowledged: its own system breaks the connection.
        end_deeds(device, true);
        hang_up(device);
        device.machine.on_closed(now());
    }
}

void FleetEngine::hang_up(Device& device) {
    end_cut_watch(device);
    ++device.turn;
    if (device.stream) { device.stream->close(); }
    device.stream.reset();
    if (device.extra) {
        device.extra->part = {};
        device.extra->unsent = {};
    }
    device.patience = k_never;
    device.is_mute = false;
    device.is_dead = false;
    device.is_connect_open = false;
    device.is_login_sent = false;
    device.is_login_open = false;
    device.has_broken = false;
}

void FleetEngine::on_closed(Device& device) {
    note(device, "device.closed");
    if (device.awaits_cut) { cell(device).record(Latency::cut_off, now() - device.deleted()); }
    device.awaits_cut = false;
    bool const was_online = device.machine.view().connection == Connection::online;
    if (was_online && device.is_expected && !device.is_doomed) {
        fail(device, is_forgiven(device) ? Cause::lost_while_away : Cause::connection_closed);
    }
    went_down(device, now());
    if (!was_online) { login_lost(device, Cause::auth_closed); }
    // The C++ library finds out only when it writes next, or when its patience ends.
    if (!device.machine.notices_close() && device.temper != Temper::half_login) {
        device.is_dead = true;
        device.stream->close();
        return touch(device);
    }
    end_deeds(device, false);
    hang_up(device);
    device.machine.on_closed(now());
    if (device.temper == Temper::malformed || device.temper == Temper::half_login) { device.forget_temper(); }
    touch(device);
}

void FleetEngine::went_down(Device& device, TimePoint when) {
    if (!device.is_online) { return; }
    device.is_online = false;
    reckon(device);
    if (!device.is_expected || device.is_doomed) { return; }
    device.with_extra().lost = when;
    cell(device).add(Counter::reconnect_lost);
}

void FleetEngine::end_cut_watch(Device& device) {
    if (!device.awaits_cut) { return; }
    device.awaits_cut = false;
    // A login that won against the removal has its own beginning.
    if (now() - std::max(device.deleted(), device.step_began) <= k_cut_patience) { return; }
    cell(device).add(Counter::cut_off_missing);
    fail(device, Cause::cut_off_missing);
}

// The server is back for longer than any answer takes: who is online does not suffer from its absence.
void FleetEngine::end_forgiveness() {
    for (Device& device : devices_) {
        if (device.is_online) { device.away_turn = away_turn_; }
    }
}

bool FleetEngine::is_forgiven(Device const& device) const { return is_away_ || device.away_turn != away_turn_; }

}  // namespace drydock::load
