#include "server/net/reactor.h"

#include "server/base/check.h"
#include "server/net/system_calls.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace drydock {

namespace {

// A step of a TLS handshake takes a millisecond: what falls due meanwhile does not wait for sixty of them.
constexpr Duration k_turn_max = std::chrono::microseconds(500);
constexpr std::size_t k_looks_at_clock = 4;  // after so many events: most take a few microseconds

int make_epoll() {
    int const made = ::epoll_create1(EPOLL_CLOEXEC);
    if (made < 0) { throw std::system_error(errno, std::generic_category(), "epoll"); }
    return made;
}

}  // namespace

Readiness::Readiness(ReactorPtr reactor, int descriptor, Watch watch)
    : reactor_(std::move(reactor)),
      descriptor_(descriptor),
      is_writable_(watch == Watch::reads),
      watches_writes_(watch == Watch::reads_and_writes) {
    reactor_->add(*this);
}

Loop& Readiness::loop() const { return reactor_->loop(); }

void Readiness::wait_readable(OnReady then) {
    reader_ = then;
    if (is_readable_) { reactor_->soon(*this); }
}

void Readiness::wait_writable(OnReady then) {
    writer_ = then;
    if (is_writable_) { reactor_->soon(*this); }
}

// Most devices never have so much to read: until then it would only be a turn for nothing when one
// connects.
void Readiness::is_full() {
    is_writable_ = false;
    if (watches_writes_) { return; }
    watches_writes_ = true;
    reactor_->tell_kernel(EPOLL_CTL_MOD, *this);
}

void Readiness::close() {
    if (descriptor_ < 0) { return; }
    reader_ = {};
    writer_ = {};
    reactor_->remove(*this);
    system_call::close(std::exchange(descriptor_, -1));
}

// Each call may end this object: the reactor notices and nothing is touched afterwards.
void Readiness::tell() {
    Reactor& reactor = *reactor_;
    reactor.told_ = this;
    if (is_readable_ && reader_) {
        std::exchange(reader_, {})();
        if (reactor.told_ != this) { return; }
    }
    if (is_writable_ && writer_) { std::exchange(writer_, {})(); }
}

Reactor::Reactor(Loop& loop) : loop_(loop), epoll_(loop.executor, make_epoll()) {}

void Reactor::add(Readiness& readiness) {
    tell_kernel(EPOLL_CTL_ADD, readiness);
    ++registered_;
    wait();
}

void Reactor::tell_kernel(int operation, Readiness& readiness) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    if (readiness.watches_writes_) { event.events |= EPOLLOUT; }
    event.data.ptr = &readiness;
    // Fails only for want of kernel memory or for a descriptor that cannot be polled at all.
    DRYDOCK_CHECK(::epoll_ctl(epoll_.native_handle(), operation, readiness.descriptor(), &event) == 0);
}

void Reactor::remove(Readiness& readiness) {
    if (told_ == &readiness) {
        // Mostly so: it stands in a batch only once, and that was taken out.
        told_ = nullptr;
    } else {
        for (std::size_t i = batch_at_; i < batch_size_; ++i) {
            if (batch_[i].data.ptr == &readiness) { batch_[i].data.ptr = nullptr; }
        }
    }
    if (readiness.is_soon_) {
        std::replace(soon_.begin(), soon_.end(), &readiness, static_cast<Readiness*>(nullptr));
        std::replace(telling_.begin(), telling_.end(), &readiness, static_cast<Readiness*>(nullptr));
    }
    --registered_;
    // With nothing registered the loop may end.
    if (registered_ == 0) { epoll_.cancel(); }
}

void Reactor::soon(Readiness& readiness) {
    if (readiness.is_soon_) { return; }
    readiness.is_soon_ = true;
    soon_.push_back(&readiness);
    if (std::exchange(soon_is_posted_, true)) { return; }
    boost::asio::post(loop_.executor, [self = ReactorPtr(this)] { self->tell_soon(); });
}

void Reactor::tell_soon() {
    soon_is_posted_ = false;
    telling_.swap(soon_);
    // By index: an end while telling leaves a hole here.
    for (std::size_t i = 0; i < telling_.size(); ++i) {
        Readiness* const one = std::exchange(telling_[i], nullptr);
        if (one == nullptr) { continue; }
        one->is_soon_ = false;
        one->tell();
    }
    telling_.clear();
    told_ = nullptr;
}

void Reactor::wait() {
    if (is_waiting_ || registered_ == 0) { return; }
    is_waiting_ = true;
    if (batch_at_ < batch_size_) {
        return boost::asio::post(loop_.executor, [self = ReactorPtr(this)] { self->go_on(true); });
    }
    epoll_.async_wait(decltype(epoll_)::wait_read, [self = ReactorPtr(this)](error_code ec) { self->go_on(!ec); });
}

void Reactor::go_on(bool has_turn) {
    if (has_turn) { turn(); }
    is_waiting_ = false;
    wait();
}

void Reactor::turn() {
    if (batch_at_ == batch_size_) {
        int const got = ::epoll_wait(epoll_.native_handle(), batch_.data(), static_cast<int>(k_batch), 0);
        batch_at_ = 0;
        batch_size_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    TimePoint const end = loop_.clock.now() + k_turn_max;
    while (batch_at_ < batch_size_) {
        epoll_event& event = batch_[batch_at_++];
        auto* const one = static_cast<Readiness*>(event.data.ptr);
        if (one == nullptr) { continue; }
        event.data.ptr = nullptr;
        std::uint32_t const events = event.events;
        if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) { one->has_ended_ = true; }
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) { one->is_readable_ = true; }
        if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) { one->is_writable_ = true; }
        one->tell();
        if (batch_at_ % k_looks_at_clock == 0 && loop_.clock.now() >= end) { break; }
    }
    told_ = nullptr;
}

}  // namespace drydock
