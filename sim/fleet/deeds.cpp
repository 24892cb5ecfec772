// Pings and reports of the devices that are online. Each has its own schedule, which goes on
// whatever the answers do: a message that had to wait is timed from when it should have begun.
#include "sim/fleet/engine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace drydock::load {

namespace {

constexpr std::uint16_t k_ok = 200;
constexpr std::int64_t k_million = 1'000'000;
// One step of a walk: at most this part of its range to either side.
constexpr std::int64_t k_walk_step = 20;

std::string_view print_thousandths(std::int32_t value, std::array<char, 24>& room) {
    std::int64_t const size = value < 0 ? -std::int64_t{value} : value;
    char* at = room.data();
    if (value < 0) { *at++ = '-'; }
    at = std::to_chars(at, room.data() + room.size(), size / 1000).ptr;
    std::int64_t const rest = size % 1000;
    if (rest != 0) {
        *at++ = '.';
        *at++ = static_cast<char>('0' + rest / 100);
        *at++ = static_cast<char>('0' + rest / 10 % 10);
        *at++ = static_cast<char>('0' + rest % 10);
    }
    return {room.data(), static_cast<std::size_t>(at - room.data())};
}

}  // namespace

std::span<Deed> FleetEngine::deeds_of(Device const& device) {
    std::size_t const each = plan_.session.size();
    return std::span(deeds_).subspan(slot_of(device) * each, each);
}

void FleetEngine::begin_deeds(Device& device) {
    auto const deeds = deeds_of(device);
    for (std::size_t i = 0; i < deeds.size(); ++i) {
        Activity const& what = plan_.session[i];
        // The first comes anywhere in the first turn: devices do not beat in step.
        deeds[i].due = now() + draw(device, what.every);
        deeds[i].id = 0;
        deeds[i].patience = now();
        if (what.kind == Activity::Kind::report) {
            std::int64_t const range = what.walk_high - what.walk_low;
            deeds[i].walk = static_cast<std::int32_t>(
                what.walk_low + static_cast<std::int64_t>(draw(device, static_cast<std::uint64_t>(range + 1))));
        }
    }
}

void FleetEngine::end_deeds(Device& device, bool is_way_lost) {
    for (Deed& deed : deeds_of(device)) {
        bool const waited = std::exchange(deed.id, std::uint16_t{0}) != 0;
        deed.due = k_never;
        // Whoever leaves or is thrown out on purpose has lost nothing.
        if (waited && device.is_expected && !device.is_doomed) { message_lost(device); }
    }
    std::uint16_t const reports = std::exchange(device.reports, std::uint16_t{0});
    if (is_way_lost && reports != 0) { message_lost(device, reports); }
}

void FleetEngine::message_lost(Device& device, std::uint64_t count) {
    if (is_forgiven(device)) { return fail(device, Cause::lost_while_away); }
    cell(device).add(Counter::messages_lost, count);
    fail(device, Cause::message_lost);
}

TimePoint FleetEngine::next_deed(Device const& device) {
    TimePoint next = k_never;
    if (device.machine.view().connection != Connection::online) { return next; }
    for (Deed const& deed : deeds_of(device)) { next = std::min(next, deed.id != 0 ? deed.patience : deed.due); }
    return next;
}

void FleetEngine::do_deeds(Device& device) {
    TimePoint const time = now();
    for (std::size_t i = 0; i < plan_.session.size(); ++i) {
        if (device.machine.view().connection != Connection::online) { return; }
        Deed& deed = deeds_of(device)[i];
        if (deed.id != 0 && deed.patience <= time) {
            deed.id = 0;
            message_lost(device);
        }
        if (deed.id == 0 && deed.due <= time) { do_deed(device, i); }
    }
}

void FleetEngine::plan_deed(Device& device, std::size_t which) {
    Activity const& what = plan_.session[which];
    auto const spread =
        Duration(static_cast<std::int64_t>(Wide(what.every.count()) * what.jitter_millionths / k_million));
    deeds_of(device)[which].due += what.every - spread + draw(device, 2 * spread);
}

void FleetEngine::do_deed(Device& device, std::size_t which) {
    Deed& deed = deeds_of(device)[which];
    TimePoint const intended = deed.due;
    plan_deed(device, which);
    // What waited for the answer before it is not the generator's fault.
    late(device, std::max(intended, deed.patience));
    cell(device).add(Counter::messages_sent);
    if (plan_.session[which].kind == Activity::Kind::report) { return report(device, which); }
    out_.clear();
    deed.id = device.machine.ping(now(), out_);
    deed.intended = intended;
    deed.patience = now() + k_answer_patience;
    send(device, out_);
}

// A report has no answer. It is lost when nothing was heard after it on a way that is then given up.
void FleetEngine::report(Device& device, std::size_t which) {
    Activity const& what = plan_.session[which];
    Deed& deed = deeds_of(device)[which];
    std::int64_t const range = what.walk_high - what.walk_low;
    std::int64_t const most = range / k_walk_step;
    std::int64_t const step = static_cast<std::int64_t>(draw(device, static_cast<std::uint64_t>(2 * most + 1))) - most;
    deed.walk = static_cast<std::int32_t>(std::clamp(deed.walk + step, what.walk_low, what.walk_high));
    std::array<char, 24> room{};
    out_.clear();
    device.machine.write(what.pin, print_thousandths(deed.walk, room), now(), out_);
    if (device.reports != UINT16_MAX) { ++device.reports; }
    if (!send(device, out_)) { message_lost(device); }
}

void FleetEngine::hear_answer(Device& device, wire::Frame const& frame) {
    auto const deeds = deeds_of(device);
    for (std::size_t i = 0; i < deeds.size(); ++i) {
        if (deeds[i].id != frame.message_id) { continue; }
        deeds[i].id = 0;
        deeds[i].patience = now();
        if (frame.status != k_ok) { return answered_wrongly(device); }
        return cell(device).record(Latency::messages, now() - deeds[i].intended);
    }
}

}  // namespace drydock::load
