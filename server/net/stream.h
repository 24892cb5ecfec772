// The seam of bytes. A Stream tells when it is ready and is then read without waiting, so that an
// idle connection owns neither buffer nor coroutine. Forms: TcpStream, TlsStream (decorator),
// PipeStream in virtual time. Loop thread only.
#pragma once

#include "server/base/bytes.h"
#include "server/base/error.h"
#include "server/base/on_ready.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace drydock {

// Where something listens: a numeric address on real sockets, a node name in virtual time.
struct Address {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(Address const&, Address const&) = default;
};

class Stream {
public:
    Stream() = default;
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;
    virtual ~Stream() = default;

    // Bytes read (> 0). Fails with would_block, eof, or what broke the connection.
    [[nodiscard]] virtual result<std::size_t> read_some(std::span<std::byte> into) = 0;
    // Bytes taken (> 0, maybe fewer than given). Fails with would_block or what broke the connection.
    [[nodiscard]] virtual result<std::size_t> write_some(BytesView from) = 0;
    // One wait of each kind at a time: a new one replaces the old. Called once, never inside this
    // call, and at times without need: a read may still say would_block. The object of `then` must live until
    // the call, close() or the stream's end: after these nothing is called any more. What went wrong is told by
    // the read or write that follows.
    virtual void wait_readable(OnReady then) = 0;
    virtual void wait_writable(OnReady then) = 0;
    // Tells the peer that nothing more will come; reading goes on.
    virtual void shutdown_send() = 0;
    // Ends both ways and forgets the waits. Reads and writes fail from now on.
    virtual void close() = 0;
    // True when it is known, without reading, that the peer sends nothing more, which is heard of from the first wait
    // on. What came before may still be unread; false says nothing.
    [[nodiscard]] virtual bool has_ended() const { return false; }
    [[nodiscard]] virtual Address peer() const = 0;
    [[nodiscard]] virtual boost::asio::any_io_executor executor() = 0;
};

using StreamPtr = std::unique_ptr<Stream>;

// True for the code that only says "not now".
[[nodiscard]] bool is_would_block(error_code ec);

// How many came at the same time. In a rush others stand right behind: to read what this one says can wait, to let
// them in cannot.
enum class Arrival { among_few, in_rush };

class Listener {
public:
    using OnAccept = std::function<void(StreamPtr, Arrival)>;
    virtual ~Listener() = default;
    // Calls `on_accept` for every connection until close(). Backs off by itself when the
    // descriptor table is full. Call once.
    virtual void start(OnAccept on_accept) = 0;
    virtual void close() = 0;
    // The bound address, with the real port when port 0 was asked for.
    [[nodiscard]] virtual Address address() const = 0;
};

class Dialer {
public:
    using OnConnect = std::function<void(result<StreamPtr>)>;
    virtual ~Dialer() = default;
    // Calls `then` once on the loop, never inside this call.
    virtual void connect(Address to, OnConnect then) = 0;
};

// The network of one node: sockets, or the in-memory network of a world.
class Network : public Dialer {
public:
    [[nodiscard]] virtual result<std::unique_ptr<Listener>> listen(Address at) = 0;
};

}  // namespace drydock
