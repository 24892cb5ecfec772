// What a fleet holds for each of its devices: plain values, nothing on the heap while it is idle.
// Part of the engine (engine.h).
#pragma once

#include "server/net/stream.h"
#include "server/net/tls.h"
#include "sim/device/machine.h"
#include "sim/fleet/cast.h"
#include "sim/link/link.h"

#include <cstdint>
#include <memory>

namespace drydock::load {

class FleetEngine;

constexpr TimePoint k_never = TimePoint::max();

// One activity of one device: when its next message should start, and the one without an answer.
struct Deed {
    TimePoint due = k_never;  // never while the device is not online
    TimePoint intended{};     // of the message that waits for its answer
    TimePoint patience{};     // until when it does; without one, since when it is free to start
    std::int32_t walk = 0;    // reports: the last value, in thousandths
    std::uint16_t id = 0;     // of the message that waits; 0: none
};

// What befell a device: a literal, and when.
struct Remembered {
    char const* kind = nullptr;
    std::uint32_t since_begin_ms = 0;
};
constexpr std::uint8_t k_memories = 8;

struct Device {
    Device(FleetEngine& its_engine, Role const& role, std::uint32_t heartbeat_seconds);

    // The stream calls these.
    void on_readable();
    void on_writable();

    FleetEngine& engine;
    std::unique_ptr<Link> way;              // since it was switched on first
    std::unique_ptr<TlsMemory> tls_memory;  // of those that resume
    StreamPtr stream;                       // over that way
    std::unique_ptr<Bytes> part;            // the beginning of a frame
    std::unique_ptr<Bytes> unsent;          // what the stream did not take yet
    Machine machine;
    TimePoint intended{};            // when the login under way should have begun
    TimePoint step_began{};          // the connection; once that stands, the sending of the login
    TimePoint lost{};                // when the connection was lost that is not back yet; zero: none is
    TimePoint deleted{};             // when the removal of its token was answered; zero: it was not
    TimePoint temper_due = k_never;  // what its temper or a power cut brings next
    TimePoint outage_due = k_never;  // when it has a cell again; never while it has one
    TimePoint patience = k_never;    // when it gives up connecting, or writing into nothing
    std::uint32_t turn = 0;          // grows with every connection: late calls of an old one are ignored
    std::uint32_t draws = 0;
    std::uint16_t population = 0;
    std::uint16_t link = 0;
    std::uint16_t reports = 0;   // sent since the last answer
    std::uint8_t away_turn = 0;  // of the engine, when it dialed
    std::uint8_t memories = 0;   // how many there were; after 255 it goes on with 8
    Temper temper = Temper::steady;
    TokenFate fate = TokenFate::live;
    bool has_tls = false;
    bool resumes = false;
    bool is_in_feud = false;  // shares its token with another: they take each other's place
    bool is_claimed = false;
    bool is_sampled = false;  // its events are kept
    bool has_arrived = false;
    bool is_attaching = false;  // switched on, and not attached since
    bool has_left = false;
    bool is_cut = false;           // without power until temper_due
    bool is_mute = false;          // the way of its connection is lost, and it does not know
    bool is_dead = false;          // the connection is closed, and it does not know (Family::cpp)
    bool is_connect_open = false;  // a connection was begun and has no outcome yet
    bool is_login_sent = false;
    bool is_login_open = false;  // a login was sent and has no outcome yet
    bool is_online = false;
    bool was_online = false;         // … when it was counted last
    bool is_expected = false;        // should be online
    bool is_present = false;         // should be, and is
    bool is_reserved = false;        // an operator picked it
    bool is_doomed = false;          // … to delete its token
    bool was_refused_early = false;  // heard 9 before the answer to the removal was known
    bool has_broken = false;         // Temper::malformed: broke the protocol on this connection
    bool awaits_cut = false;         // deleted, and its connection still stands
};

}  // namespace drydock::load
