// What a fleet holds for each of its devices: plain values, packed; an idle one has on the heap its
// link and its connection only.
// Part of the engine (engine.h).
#pragma once

#include "server/net/stream.h"
#include "server/net/tls.h"
#include "sim/device/machine.h"
#include "sim/fleet/cast.h"
#include "sim/link/link.h"

#include <array>
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

// What befell a device: which of the engine's list of words, and when.
struct Remembered {
    std::uint32_t word : 6 = 0;
    std::uint32_t since_begin_ms : 26 = 0;  // 18 hours and later are one
};
constexpr std::size_t k_words_max = 64;
constexpr std::uint32_t k_remembered_ms_max = (1U << 26U) - 1;
constexpr std::uint8_t k_memories = 8;
using Memories = std::array<Remembered, k_memories>;
static_assert(sizeof(Memories) == 32);

// What few devices have at one time: made when it is needed, gone when nothing of it is left.
struct Extra {
    [[nodiscard]] bool is_empty() const {
        return temper_due == k_never && outage_due == k_never && lost == TimePoint{} && deleted == TimePoint{} &&
               !tls_memory && part.empty() && unsent.empty();
    }

    TimePoint temper_due = k_never;         // what its temper or a power cut brings next
    TimePoint outage_due = k_never;         // when it has a cell again; never while it has one
    TimePoint lost{};                       // when the connection was lost that is not back yet; zero: none is
    TimePoint deleted{};                    // when the removal of its token was answered; zero: it was not
    std::unique_ptr<TlsMemory> tls_memory;  // of those that resume
    Bytes part;                             // the beginning of a frame
    Bytes unsent;                           // what the stream did not take yet
};

struct Device {
    Device(FleetEngine& its_engine, Role const& role, std::uint32_t heartbeat_seconds);

    // The stream calls these.
    void on_readable();
    void on_writable();

    [[nodiscard]] TimePoint temper_due() const { return extra ? extra->temper_due : k_never; }
    [[nodiscard]] TimePoint outage_due() const { return extra ? extra->outage_due : k_never; }
    [[nodiscard]] TimePoint lost() const { return extra ? extra->lost : TimePoint{}; }
    [[nodiscard]] TimePoint deleted() const { return extra ? extra->deleted : TimePoint{}; }
    [[nodiscard]] bool has_unsent() const { return extra && !extra->unsent.empty(); }
    // Made now when it has none.
    [[nodiscard]] Extra& with_extra();
    void forget_temper();  // nothing of it is due any more
    void drop_empty_extra();

    FleetEngine& engine;
    std::unique_ptr<Link> way;  // since it was switched on first
    std::unique_ptr<Extra> extra;
    StreamPtr stream;  // over that way
    Machine machine;
    TimePoint intended{};          // when the login under way should have begun
    TimePoint step_began{};        // the connection; once that stands, the sending of the login
    TimePoint patience = k_never;  // when it gives up connecting, or writing into nothing
    std::uint32_t draws = 0;
    std::uint16_t turn = 0;  // grows with every connection: late calls of an old one are ignored
    std::uint16_t link = 0;
    std::uint16_t reports = 0;   // sent since the last answer
    std::uint8_t away_turn = 0;  // of the engine, when it dialed
    std::uint8_t memories = 0;   // how many there were; after 255 it goes on with 8
    Temper temper = Temper::steady;
    bool is_attaching : 1 = false;       // switched on, and not attached since
    bool is_connect_open : 1 = false;    // a connection was begun and has no outcome yet
    bool is_login_open : 1 = false;      // a login was sent and has no outcome yet
    bool is_doomed : 1 = false;          // an operator picked it to delete its token
    bool was_refused_early : 1 = false;  // heard 9 before the answer to the removal was known
    bool awaits_cut : 1 = false;         // deleted, and its connection still stands
    bool has_live_token : 1 = true;
    bool has_tls : 1 = false;
    bool resumes : 1 = false;
    bool is_in_feud : 1 = false;  // shares its token with another: they take each other's place
    bool is_claimed : 1 = false;
    bool is_sampled : 1 = false;  // its events are kept
    bool has_arrived : 1 = false;
    bool has_left : 1 = false;
    bool is_cut : 1 = false;   // without power until temper_due
    bool is_mute : 1 = false;  // the way of its connection is lost, and it does not know
    bool is_dead : 1 = false;  // the connection is closed, and it does not know (Family::cpp)
    bool is_login_sent : 1 = false;
    bool is_online : 1 = false;
    bool was_online : 1 = false;   // … when it was counted last
    bool is_expected : 1 = false;  // should be online
    bool is_present : 1 = false;   // should be, and is
    bool is_reserved : 1 = false;  // an operator picked it
    bool has_broken : 1 = false;   // Temper::malformed: broke the protocol on this connection
};
static_assert(sizeof(Device) <= 128);

}  // namespace drydock::load
