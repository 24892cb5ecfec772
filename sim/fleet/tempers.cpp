// What bad devices do, and what a loss of power is.
#include "sim/fleet/engine.h"

#include <algorithm>
#include <utility>

namespace drydock::load {

namespace {

using namespace std::chrono_literals;
using wire::Command;

// Power cuts: online for so long, then dark for so long.
constexpr Duration k_cut_after_least = 30s;
constexpr Duration k_cut_after_greatest = 5min;
constexpr Duration k_dark_least = 1s;
constexpr Duration k_dark_greatest = 30s;
// Malformed: breaks the protocol so soon after it came online, and must be closed in so long.
constexpr Duration k_break_after_least = 1s;
constexpr Duration k_break_after_greatest = 10s;
constexpr Duration k_close_patience = 10s;
// Half logins: clouds close them after 10 s or so.
constexpr Duration k_half_login_patience = 60s;
constexpr std::size_t k_half_login_least = 1;
constexpr std::size_t k_half_login_greatest = 20;

}  // namespace

// Once online.
void FleetEngine::begin_temper(Device& device) {
    if (device.temper == Temper::power_cuts) {
        device.with_extra().temper_due = now() + draw_between(device, k_cut_after_least, k_cut_after_greatest);
    }
    if (device.temper == Temper::malformed) {
        device.with_extra().temper_due = now() + draw_between(device, k_break_after_least, k_break_after_greatest);
    }
}

void FleetEngine::on_temper(Device& device) {
    TimePoint const due = std::exchange(device.with_extra().temper_due, k_never);
    if (device.is_cut) {
        device.is_cut = false;
        return power_on(device, due);
    }
    switch (device.temper) {
        case Temper::steady:
        case Temper::cloned: return;
        case Temper::power_cuts: return cut_power(device, now() + draw_between(device, k_dark_least, k_dark_greatest));
        case Temper::slow_reader: return listen(device);
        case Temper::malformed:
            if (device.machine.view().connection == Connection::online) { break_protocol(device); }
            return;
        case Temper::half_login:
            if (!device.stream) { return; }
            bad_device_kept(device);
            hang_up(device);
            device.machine.on_closed(now());
            return;
    }
}

void FleetEngine::cut_power(Device& device, TimePoint until) {
    if (device.is_cut) {
        device.with_extra().temper_due = std::max(device.temper_due(), until);
        return;
    }
    note(device, "device.lost_power");
    went_down(device, now());
    device.is_cut = true;
    reckon(device);
    end_deeds(device, false);
    device.machine.power_off();
    device.way->detach();
    hang_up(device);
    device.with_extra().temper_due = until;
    touch(device);
}

void FleetEngine::bad_device_kept(Device& device) {
    // Whose way is lost would not hear that it is closed.
    if (device.is_mute) { return; }
    cell(device).add(Counter::bad_device_kept);
    fail(device, Cause::bad_device_kept);
}

// The first time breaks the protocol; when the cloud did not close for it, that is its fault.
void FleetEngine::break_protocol(Device& device) {
    if (device.has_broken) {
        bad_device_kept(device);
        end_deeds(device, false);
        device.is_online = false;
        reckon(device);
        hang_up(device);
        return device.machine.on_closed(now());
    }
    note(device, "device.breaks_protocol");
    device.has_broken = true;
    device.with_extra().temper_due = now() + k_close_patience;
    // Every client and every cloud drops a connection on which it sees the message id 0.
    out_.clear();
    Command const command = draw(device, std::uint64_t{2}) == 0 ? Command::ping : Command::hardware;
    wire::append_frame(out_, command, 0, command == Command::ping ? std::string_view{} : "vw");
    send(device, out_);
}

void FleetEngine::shorten_login(Device& device, Bytes& login) {
    std::size_t const most = std::min(login.size() - 1, k_half_login_greatest);
    login.resize(k_half_login_least + draw(device, most - k_half_login_least + 1));
    device.with_extra().temper_due = now() + k_half_login_patience;
}

}  // namespace drydock::load
