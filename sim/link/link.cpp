#include "sim/link/link.h"

#include "sim/link/link_stream.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace drydock {

namespace {

namespace asio = boost::asio;

// Connections that the peer still holds. A device that is cut again and again would gather more.
constexpr unsigned k_ghosts_max = 8;
constexpr std::uint64_t k_ns_per_second = 1'000'000'000;

bool is_shaping(LinkProfile const& profile) {
    return profile.round_trip != Spread{} || profile.up_bytes != 0 || profile.down_bytes != 0 ||
           profile.loss_millionths != 0 || profile.nat_idle > Duration::zero() || profile.psm_sleep > Duration::zero();
}

// When `bytes` have left over a line of that rate, which is busy until `free`.
TimePoint departure(TimePoint now, TimePoint& free, std::uint64_t rate, std::size_t bytes) {
    if (rate == 0) { return now; }
    free = std::max(now, free) + Duration(static_cast<std::int64_t>(bytes * k_ns_per_second / rate));
    return free;
}

}  // namespace

// A connect on its way: waiting for the radio, or for the network below.
struct Link::Dialing {
    Dialing(Link& its_link, Address its_to, OnConnect its_then)
        : link(its_link), to(std::move(its_to)), then(std::move(its_then)) {}
    ~Dialing() {
        if (timer != 0) { link.ground_.loop.clock.cancel(timer); }
        if (self) { *self = nullptr; }
    }
    Dialing(Dialing const&) = delete;
    Dialing& operator=(Dialing const&) = delete;

    Link& link;
    Address to;
    OnConnect then;
    Clock::TimerId timer = 0;
    std::shared_ptr<Dialing*> self;  // shared with the network below, which may answer after our end
    bool is_lost = false;
    std::unique_ptr<Dialing> older;  // lost ones that the network below still works on
};

LinkGround::LinkGround(Loop& its_loop, Dialer& its_below, LinkProfile const& its_profile)
    : loop(its_loop), below(its_below), profile(its_profile), shapes(is_shaping(its_profile)) {}

Link::Link(LinkGround const& ground, std::uint64_t seed) : ground_(ground), draws_(seed) {}

Link::~Link() {
    while (streams_ != nullptr) {
        LinkStream* const stream = std::exchange(streams_, streams_->next_);
        stream->orphan();
        if (stream->is_ghost_) { delete stream; }
    }
}

void Link::connect(Address to, OnConnect then) {
    give_up_dial(Peer::hears);
    auto dialing = std::make_unique<Dialing>(*this, std::move(to), std::move(then));
    dialing->older = std::move(dialing_);
    dialing_ = std::move(dialing);
    begin_dial();
}

void Link::attach() {
    if (std::exchange(has_power_, true)) { return; }
    begin_attach();
}

void Link::detach() {
    has_power_ = false;
    attached_at_ = TimePoint::max();
    lose_way();
    give_up_dial(Peer::hears_nothing);
}

void Link::set_outage(bool is_out) {
    if (std::exchange(is_out_, is_out) == is_out) { return; }
    if (!is_out) { return begin_attach(); }
    attached_at_ = TimePoint::max();
    lose_way();
    if (!dialing_ || dialing_->is_lost) { return; }
    // What was connecting begins anew when the cell is back.
    auto again = std::make_unique<Dialing>(*this, dialing_->to, std::exchange(dialing_->then, nullptr));
    give_up_dial(Peer::hears_nothing);
    again->older = std::move(dialing_);
    dialing_ = std::move(again);
}

void Link::lose_way() {
    for (LinkStream* stream = streams_; stream != nullptr;) {
        std::exchange(stream, stream->next_)->lose_way();  // a ghost may be gone afterwards
    }
}

bool Link::is_attached() const { return attached_at_ <= clock().now(); }

void Link::begin_attach() {
    if (!has_power_ || is_out_) { return; }
    attached_at_ = clock().now() + draw(profile().attach, draws_);
    begin_dial();
}

void Link::begin_dial() {
    if (!dialing_ || dialing_->is_lost || dialing_->timer != 0 || attached_at_ == TimePoint::max()) { return; }
    TimePoint const now = clock().now();
    TimePoint const begin = std::max(attached_at_, now);
    Duration const handshake = draw(profile().round_trip, draws_) + draw_loss(profile(), 0, draws_);
    if (begin + handshake == now) { return dial_below(); }
    dialing_->timer = clock().call_at(begin + handshake, [this] {
        dialing_->timer = 0;
        dial_below();
    });
}

void Link::give_up_dial(Peer peer) {
    if (!dialing_ || dialing_->is_lost) { return; }
    if (dialing_->then) {
        auto tell = [then = std::move(dialing_->then)] { then(error_code(asio::error::operation_aborted)); };
        asio::post(ground_.loop.executor, std::move(tell));
    }
    if (dialing_->self && peer == Peer::hears_nothing) {
        dialing_->is_lost = true;  // what comes of it becomes a ghost
    } else {
        auto const given_up = std::move(dialing_);
        dialing_ = std::move(given_up->older);
    }
}

void Link::dial_below() {
    count_up(0);
    dialing_->self = std::make_shared<Dialing*>(dialing_.get());
    ground_.below.connect(dialing_->to, [self = dialing_->self](result<StreamPtr> connected) {
        // Whoever gave it up, or ended the link, drops the connection with it.
        if (Dialing* const dialing = *self) { dialing->link.on_dialed(*dialing, std::move(connected)); }
    });
}

void Link::on_dialed(Dialing& dialing, result<StreamPtr> connected) {
    std::unique_ptr<Dialing>* place = &dialing_;
    while (place->get() != &dialing) { place = &(*place)->older; }
    auto const done = std::move(*place);
    *place = std::move(done->older);
    if (!connected) {
        if (!done->is_lost) { done->then(connected.error()); }
        return;
    }
    auto stream = std::make_unique<LinkStream>(*this, std::move(*connected));
    if (!done->is_lost) { return done->then(StreamPtr(std::move(stream))); }
    stream->lose_way();
    stream.reset();  // leaves its ghost
}

TimePoint Link::arrival(Toward side, std::size_t bytes, TimePoint& line_free) {
    TimePoint const now = clock().now();
    bool const is_up = side == Toward::cloud;
    TimePoint const left = departure(now, line_free, is_up ? profile().up_bytes : profile().down_bytes, bytes);
    // A question and its answer share one draw, so that round trips are as the profile says.
    Duration half{};
    if (has_half_ && half_toward_ == side) {
        half = std::chrono::microseconds(half_us_);
        has_half_ = false;
    } else {
        Duration const whole = draw(profile().round_trip, draws_);
        half = whole / 2;
        half_us_ =
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(whole - half).count());
        half_toward_ = is_up ? Toward::device : Toward::cloud;
        has_half_ = true;
    }
    return left + half + draw_loss(profile(), bytes, draws_);
}

void Link::count_up(std::size_t bytes) {
    traffic_at_ = clock().now();
    if (attached_at_ <= traffic_at_) { bytes_up_ += bytes; }
    if (profile().psm_sleep <= Duration::zero()) { return; }
    for (LinkStream* stream = streams_; stream != nullptr; stream = stream->next_) {
        if (stream->is_asleep_) { stream->arm(); }
    }
}

void Link::count_down(std::size_t bytes) {
    bytes_down_ += bytes;
    traffic_at_ = clock().now();
}

TimePoint Link::awake_at(TimePoint now) const {
    if (profile().psm_sleep <= Duration::zero()) { return now; }
    Duration const cycle = profile().psm_awake + profile().psm_sleep;
    Duration const since = (now - traffic_at_) % cycle;
    return since <= profile().psm_awake ? now : now + (cycle - since);
}

void Link::keep(std::unique_ptr<LinkStream> ghost) {
    static_cast<void>(ghost.release());  // in the chain, until its peer or the link ends it
    unsigned ghosts = 0;
    LinkStream* oldest = nullptr;
    for (LinkStream* stream = streams_; stream != nullptr; stream = stream->next_) {
        if (!stream->is_ghost_) { continue; }
        ++ghosts;
        oldest = stream;  // the chain begins with the newest
    }
    if (ghosts > k_ghosts_max) { delete oldest; }
}

}  // namespace drydock
