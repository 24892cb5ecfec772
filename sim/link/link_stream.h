// A connection over a Link. For the sources of the link only.
#pragma once

#include "sim/link/flight.h"
#include "sim/link/link.h"

#include <memory>

namespace drydock {

class LinkStream final : public Stream {
public:
    LinkStream(Link& link, StreamPtr below);
    ~LinkStream() override;

    result<std::size_t> read_some(std::span<std::byte> into) override;
    result<std::size_t> write_some(BytesView from) override;
    void wait_readable(OnReady then) override;
    void wait_writable(OnReady then) override;
    void shutdown_send() override;
    void close() override;
    [[nodiscard]] Address peer() const override { return below_ ? below_->peer() : Address{}; }
    [[nodiscard]] boost::asio::any_io_executor executor() override;

private:
    friend class Link;

    // Only while something is under way, or somebody waits for what is not there yet.
    struct Busy {
        Flight up;
        Flight down;
        TimePoint up_free{};  // until then the rate is used up by this stream
        TimePoint down_free{};
        OnReady writer;
        Clock::TimerId timer = 0;
        TimePoint armed{};
    };

    [[nodiscard]] bool is_shaped() const { return link_->ground_.shapes; }
    [[nodiscard]] Clock& clock() const { return link_->clock(); }
    [[nodiscard]] Busy& busy();
    [[nodiscard]] TimePoint arrival(Link::Toward side, std::size_t bytes);
    // Half-open from now on.
    void lose_way();
    // The link is gone.
    void orphan();
    void forget_if_idle();
    // Stays behind without its owner until the last bytes are sent, or until the peer ends it.
    void haunt();
    [[nodiscard]] bool has_room() const;
    [[nodiscard]] bool has_arrived(TimePoint now) const;
    void arm();
    void disarm();
    void on_time();
    // False when this was a ghost and is gone now.
    [[nodiscard]] bool deliver();
    void on_below_writable();
    // Takes from below what has come, as far as there is room and the radio listens.
    void pull();
    void watch_below();
    void discard();
    void settle();

    Link* link_;
    LinkStream* next_ = nullptr;
    StreamPtr below_;
    OnReady reader_;
    std::unique_ptr<Busy> busy_;
    TimePoint heard_;  // the last byte either way
    bool is_closed_ = false;
    bool is_lost_ = false;
    bool is_ghost_ = false;
    bool is_watching_ = false;    // a wait for bytes from below is set
    bool is_asleep_ = false;      // bytes from below wait for the radio
    bool is_stuck_ = false;       // what is below takes no more for now
    bool has_ended_ = false;      // the device said that it sends no more
    bool is_below_over_ = false;  // the end of what comes from below is known
};

}  // namespace drydock
