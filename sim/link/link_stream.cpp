#include "sim/link/link_stream.h"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace drydock {

namespace {

namespace asio = boost::asio;

constexpr std::size_t k_flight_bytes_max = 64UL * 1024;
constexpr std::size_t k_chunk_bytes = 4096;

}  // namespace

LinkStream::LinkStream(Link& link, StreamPtr below)
    : link_(&link), next_(link.streams_), below_(std::move(below)), heard_(link.clock().now()) {
    link.streams_ = this;
    if (is_shaped()) { watch_below(); }
}

LinkStream::~LinkStream() {
    if (!is_ghost_) { close(); }
    disarm();
    if (link_ == nullptr) { return; }
    LinkStream** place = &link_->streams_;
    while (*place != this) { place = &(*place)->next_; }
    *place = next_;
}

boost::asio::any_io_executor LinkStream::executor() {
    if (link_ != nullptr) { return link_->ground_.loop.executor; }
    return below_ ? below_->executor() : boost::asio::any_io_executor();
}

result<std::size_t> LinkStream::read_some(std::span<std::byte> into) {
    if (is_closed_) { return error_code(asio::error::bad_descriptor); }
    if (is_lost_) { return error_code(asio::error::would_block); }
    if (!is_shaped()) {
        auto const got = below_->read_some(into);
        if (got) { link_->count_down(*got); }
        return got;
    }
    TimePoint const now = clock().now();
    if (!has_arrived(now)) { return error_code(asio::error::would_block); }
    Flight& down = busy_->down;
    if (down.first_kind() == Flight::Kind::end) { return error_code(asio::error::eof); }
    if (down.first_kind() == Flight::Kind::broken) { return error_code(asio::error::connection_reset); }
    bool const was_full = down.bytes() >= k_flight_bytes_max;
    std::size_t const count = down.read(now, into);
    if (was_full) { watch_below(); }
    settle();
    return count;
}

result<std::size_t> LinkStream::write_some(BytesView from) {
    if (is_closed_ || has_ended_) { return error_code(asio::error::bad_descriptor); }
    if (from.empty()) { return std::size_t{0}; }
    forget_if_idle();
    if (is_lost_) {
        link_->count_up(from.size());
        return from.size();
    }
    if (!is_shaped()) {
        auto const put = below_->write_some(from);
        if (put) { link_->count_up(*put); }
        return put;
    }
    TimePoint const now = clock().now();
    if (has_arrived(now) && busy_->down.first_kind() == Flight::Kind::broken) {
        return error_code(asio::error::connection_reset);
    }
    if (!has_room()) { return error_code(asio::error::would_block); }
    Flight& up = busy().up;
    std::size_t const count = std::min(from.size(), k_flight_bytes_max - up.bytes());
    heard_ = now;
    up.push(arrival(Link::Toward::cloud, count), from.first(count));
    link_->count_up(count);
    arm();
    return count;
}

void LinkStream::wait_readable(OnReady then) {
    if (is_closed_) { return; }
    reader_ = then;
    if (is_lost_) { return; }
    if (!is_shaped()) { return below_->wait_readable(then); }
    if (busy_) { arm(); }
}

void LinkStream::wait_writable(OnReady then) {
    if (is_closed_) { return; }
    if (!is_shaped() && !is_lost_) { return below_->wait_writable(then); }
    busy().writer = then;
    arm();
}

void LinkStream::shutdown_send() {
    if (is_closed_ || std::exchange(has_ended_, true)) { return; }
    forget_if_idle();
    if (is_lost_) { return; }
    if (!is_shaped()) { return below_->shutdown_send(); }
    busy().up.push(arrival(Link::Toward::cloud, 0), {}, Flight::Kind::end);
    arm();
}

void LinkStream::close() {
    if (std::exchange(is_closed_, true)) { return; }
    reader_ = {};
    if (link_ == nullptr) { return; }
    forget_if_idle();
    if (is_lost_ || is_shaped()) { return haunt(); }
    disarm();
    busy_.reset();
    below_->close();
}

void LinkStream::haunt() {
    disarm();
    auto ghost = std::make_unique<LinkStream>(*link_, std::move(below_));
    ghost->is_ghost_ = true;
    ghost->is_lost_ = is_lost_;
    if (!is_lost_) {
        ghost->is_closed_ = true;
        if (busy_) {
            ghost->busy().up = std::move(busy_->up);
            ghost->busy().up_free = busy_->up_free;
        }
        ghost->busy().up.push(ghost->arrival(Link::Toward::cloud, 0), {}, Flight::Kind::end);
    }
    busy_.reset();
    is_lost_ ? ghost->watch_below() : ghost->arm();
    link_->keep(std::move(ghost));
}

void LinkStream::lose_way() {
    if (std::exchange(is_lost_, true) || is_closed_ != is_ghost_) { return; }
    disarm();
    if (busy_) {
        busy_->up.clear();
        busy_->down.clear();
    }
    is_watching_ = false;
    is_asleep_ = false;
    is_stuck_ = false;
    below_->wait_writable({});
    below_->wait_readable({});
    if (busy_) { arm(); }
    settle();
    if (!is_ghost_) { return; }
    if (is_below_over_) {
        delete this;
    } else {
        watch_below();
    }
}

void LinkStream::orphan() {
    disarm();
    busy_.reset();
    reader_ = {};
    is_closed_ = true;
    link_ = nullptr;
    if (below_) { below_->close(); }
}

// A NAT that forgot the connection tells neither side.
void LinkStream::forget_if_idle() {
    Duration const idle = link_->profile().nat_idle;
    if (idle > Duration::zero() && clock().now() - heard_ > idle) { lose_way(); }
}

LinkStream::Busy& LinkStream::busy() {
    if (!busy_) { busy_ = std::make_unique<Busy>(); }
    return *busy_;
}

TimePoint LinkStream::arrival(Link::Toward side, std::size_t bytes) {
    return link_->arrival(side, bytes, side == Link::Toward::cloud ? busy().up_free : busy().down_free);
}

bool LinkStream::has_room() const { return is_lost_ || !busy_ || busy_->up.bytes() < k_flight_bytes_max; }

bool LinkStream::has_arrived(TimePoint now) const { return busy_ && busy_->down.first_at() <= now; }

void LinkStream::arm() {
    TimePoint const now = clock().now();
    TimePoint when = TimePoint::max();
    if (!is_stuck_) { when = std::min(when, busy_->up.first_at()); }
    if (reader_) { when = std::min(when, busy_->down.first_at()); }
    if (busy_->writer && has_room()) { when = std::min(when, now); }
    if (is_asleep_) { when = std::min(when, link_->awake_at(now)); }
    when = when == TimePoint::max() ? when : std::max(when, now);
    if (busy_->timer != 0 && busy_->armed == when) { return; }
    disarm();
    if (when == TimePoint::max()) { return; }
    busy_->armed = when;
    busy_->timer = clock().call_at(when, [this] { on_time(); });
}

void LinkStream::disarm() {
    if (!busy_ || busy_->timer == 0 || link_ == nullptr) { return; }
    clock().cancel(std::exchange(busy_->timer, 0));
}

// At most one of its two owners' calls in a turn: each may end this object.
void LinkStream::on_time() {
    busy_->timer = 0;
    if (!deliver()) { return; }
    if (is_asleep_ && link_->awake_at(clock().now()) <= clock().now()) { pull(); }
    if (!busy_) { return; }
    OnReady call;
    if (reader_ && has_arrived(clock().now())) {
        call = std::exchange(reader_, {});
    } else if (busy_->writer && has_room()) {
        call = std::exchange(busy_->writer, {});
    }
    arm();
    settle();
    if (call) { call(); }
}

bool LinkStream::deliver() {
    Flight& up = busy_->up;
    while (!is_stuck_ && up.first_at() <= clock().now()) {
        if (up.first_kind() == Flight::Kind::end) {
            if (is_ghost_) {
                delete this;
                return false;
            }
            below_->shutdown_send();
            up.take(0);
            continue;
        }
        auto const put = below_->write_some(up.first_bytes());
        if (put) {
            up.take(*put);
        } else if (is_would_block(put.error())) {
            is_stuck_ = true;
            below_->wait_writable(on_ready<&LinkStream::on_below_writable>(*this));
        } else if (is_ghost_) {
            delete this;
            return false;
        } else {
            up.clear();  // the connection is broken, as the bytes from below will tell
        }
    }
    return true;
}

void LinkStream::on_below_writable() {
    is_stuck_ = false;
    if (busy_) { arm(); }
}

void LinkStream::watch_below() {
    if (is_below_over_ || std::exchange(is_watching_, true)) { return; }
    below_->wait_readable(on_ready<&LinkStream::pull>(*this));
}

void LinkStream::pull() {
    is_watching_ = false;
    is_asleep_ = false;
    if (is_ghost_) { return discard(); }
    forget_if_idle();
    if (is_lost_) { return; }
    TimePoint const now = clock().now();
    if (link_->awake_at(now) > now) {
        is_asleep_ = true;
        static_cast<void>(busy());
        return arm();
    }
    std::array<std::byte, k_chunk_bytes> chunk;
    while (!busy_ || busy_->down.bytes() < k_flight_bytes_max) {
        std::size_t const room = k_flight_bytes_max - (busy_ ? busy_->down.bytes() : 0);
        auto const got = below_->read_some(std::span(chunk).first(std::min(room, chunk.size())));
        if (got) {
            heard_ = now;
            link_->count_down(*got);
            busy().down.push(arrival(Link::Toward::device, *got), BytesView(chunk).first(*got));
            continue;
        }
        if (is_would_block(got.error())) {
            watch_below();
        } else {
            is_below_over_ = true;
            auto const kind = got.error() == asio::error::eof ? Flight::Kind::end : Flight::Kind::broken;
            busy().down.push(arrival(Link::Toward::device, 0), {}, kind);
        }
        break;
    }
    if (busy_) { arm(); }
}

// Nobody wants these bytes; the peer's end frees the connection.
void LinkStream::discard() {
    std::array<std::byte, k_chunk_bytes> chunk;
    for (;;) {
        auto const got = below_->read_some(chunk);
        if (got) { continue; }
        if (is_would_block(got.error())) { return watch_below(); }
        break;
    }
    // A ghost with bytes to send may go on after the peer's end; a write tells when it cannot.
    is_below_over_ = true;
    if (is_lost_) { delete this; }
}

void LinkStream::settle() {
    if (busy_ && busy_->timer == 0 && busy_->up.empty() && busy_->down.empty() && !busy_->writer && !is_asleep_) {
        busy_.reset();
    }
}

}  // namespace drydock
