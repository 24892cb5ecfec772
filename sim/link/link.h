// A device's way to the network below, sockets or memory, shaped by a profile: attach, round trips,
// rates, losses, a NAT that forgets, a radio that sleeps, power cuts and outages of its cell.
// Owned by one device. Its streams end with it. An idle link and its connection take 160 bytes.
// Loop thread only.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"
#include "sim/link/draws.h"
#include "sim/link/profile.h"

#include <cstdint>
#include <memory>

namespace drydock {

class LinkStream;

// What all links of one profile share. The three outlive it, and it outlives the links.
struct LinkGround {
    LinkGround(Loop& its_loop, Dialer& its_below, LinkProfile const& its_profile);

    Loop& loop;
    Dialer& below;
    LinkProfile const& profile;
    bool shapes;  // bytes on their way; attaching apart
};

class Link final : public Dialer {
public:
    // The seed alone decides its draws.
    Link(LinkGround const& ground, std::uint64_t seed);
    // What is still connecting is never told; open connections are closed, as by their owner.
    ~Link() override;
    Link(Link const&) = delete;
    Link& operator=(Link const&) = delete;

    // Waits until the device is attached, however long that takes, and for the round trip of a
    // handshake. One connect at a time: a newer one ends the older, which hears operation_aborted.
    // The stream delays bytes each way in order, in bounded buffers with push-back. Bytes of a lost
    // way are taken and vanish; neither side is told, not even of a close.
    void connect(Address to, OnConnect then) override;

    // Power on: begins to attach, which takes a draw of the profile. A link begins detached.
    void attach();
    // Power off: connections lose their way, what is connecting hears operation_aborted. Call it
    // before the streams are closed, or the peer hears their end.
    void detach();
    // The cell is gone: connections lose their way; connects wait until the outage is over and the
    // device, when it has power, attached again.
    void set_outage(bool is_out);
    // Connections become half-open: bytes vanish both ways and nobody is told.
    void lose_way();

    // Attached now, so that a connect begins at once.
    [[nodiscard]] bool is_attached() const;
    // When it is or was attached; TimePoint::max() while it has no power or its cell is out.
    [[nodiscard]] TimePoint attached_at() const { return attached_at_; }
    // Bytes of connections, without the packets around them: sent by the device (also in vain), and
    // come to it.
    [[nodiscard]] std::uint64_t bytes_up() const { return bytes_up_; }
    [[nodiscard]] std::uint64_t bytes_down() const { return bytes_down_; }

private:
    friend class LinkStream;
    enum class Toward : std::uint8_t { cloud, device };
    enum class Peer : std::uint8_t { hears, hears_nothing };
    struct Dialing;

    [[nodiscard]] Clock& clock() const { return ground_.loop.clock; }
    [[nodiscard]] LinkProfile const& profile() const { return ground_.profile; }
    void begin_attach();
    void begin_dial();
    void give_up_dial(Peer peer);
    void dial_below();
    void on_dialed(Dialing& dialing, result<StreamPtr> connected);
    // When so many bytes that leave now arrive: round trip, rate and losses. `line_free`: until when
    // the rate is used up by what went before.
    [[nodiscard]] TimePoint arrival(Toward side, std::size_t bytes, TimePoint& line_free);
    // The device sends: its radio is awake, and what waited for that comes.
    void count_up(std::size_t bytes);
    void count_down(std::size_t bytes);
    // Now while the radio listens, else when it wakes up next.
    [[nodiscard]] TimePoint awake_at(TimePoint now) const;
    // Takes over a connection whose owner is gone but whose peer must not hear of it, or not yet.
    void keep(std::unique_ptr<LinkStream> ghost);

    LinkGround const& ground_;
    Draws draws_;
    LinkStream* streams_ = nullptr;  // a chain of all, its own ghosts among them
    std::unique_ptr<Dialing> dialing_;
    TimePoint attached_at_ = TimePoint::max();
    TimePoint traffic_at_{};  // the last byte either way
    std::uint64_t bytes_up_ = 0;
    std::uint64_t bytes_down_ = 0;
    std::uint32_t half_us_ = 0;  // the other half of the round trip drawn last
    bool has_half_ = false;
    Toward half_toward_ = Toward::cloud;
    bool has_power_ = false;
    bool is_out_ = false;
};
static_assert(sizeof(Link) <= 88);

}  // namespace drydock
