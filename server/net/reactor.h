// The readiness of many sockets on one loop: an epoll set of our own, which Asio waits for as one
// descriptor. A socket is registered once, edge-triggered, so that waiting costs neither a system
// call nor an allocation. Owned by the network and its streams together. Loop thread only.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include <sys/epoll.h>

namespace drydock {

class Reactor;
// Eight bytes in each of many thousand connections, where a std::shared_ptr takes sixteen.
using ReactorPtr = boost::intrusive_ptr<Reactor>;

// One registered descriptor. Closes it at its end.
class Readiness {
public:
    enum class Watch {
        reads,            // writable from the start, until it is full for the first time
        reads_and_writes  // for one that is not connected yet
    };
    // Takes the descriptor over and registers it.
    Readiness(ReactorPtr reactor, int descriptor, Watch watch);
    ~Readiness() { close(); }
    Readiness(Readiness const&) = delete;
    Readiness& operator=(Readiness const&) = delete;

    [[nodiscard]] Loop& loop() const;
    // -1 after close().
    [[nodiscard]] int descriptor() const { return descriptor_; }
    void wait_readable(OnReady then);
    void wait_writable(OnReady then);
    // The last read took less than it could, or nothing: only a new edge makes it readable again.
    void is_drained() { is_readable_ = has_ended_; }
    void is_full();
    // The peer's end or an error was told of.
    [[nodiscard]] bool has_ended() const { return has_ended_; }
    void close();

private:
    friend class Reactor;
    void tell();

    ReactorPtr reactor_;
    OnReady reader_;
    OnReady writer_;
    int descriptor_;
    bool is_readable_ : 1 = false;
    bool is_writable_ : 1;
    bool watches_writes_ : 1;
    bool has_ended_ : 1 = false;  // the peer's end or an error: stays readable for good
    bool is_soon_ : 1 = false;
};

class Reactor : public boost::intrusive_ref_counter<Reactor, boost::thread_unsafe_counter> {
public:
    // Throws std::system_error when the system gives no epoll descriptor.
    explicit Reactor(Loop& loop);

    [[nodiscard]] Loop& loop() { return loop_; }

private:
    friend class Readiness;
    void add(Readiness& readiness);
    void tell_kernel(int operation, Readiness& readiness);
    void remove(Readiness& readiness);
    // Tells in a later turn what is ready already.
    void soon(Readiness& readiness);
    void wait();
    void go_on(bool has_turn);
    // Tells who is ready, for about half a millisecond; then timers and what else is due have theirs.
    void turn();
    void tell_soon();

    static constexpr std::size_t k_batch = 64;  // events that are asked of the kernel at once

    Loop& loop_;
    boost::asio::posix::basic_stream_descriptor<boost::asio::any_io_executor> epoll_;
    std::array<epoll_event, k_batch> batch_{};
    std::size_t batch_size_ = 0;
    std::size_t batch_at_ = 0;   // those before have been told
    Readiness* told_ = nullptr;  // null again when the one being told is removed meanwhile
    std::vector<Readiness*> soon_;
    std::vector<Readiness*> telling_;
    std::size_t registered_ = 0;
    bool is_waiting_ = false;
    bool soon_is_posted_ = false;
};

}  // namespace drydock
