#include "sim/device/raw_client.h"

#include "server/base/spawn.h"

#include <boost/asio/error.hpp>

#include <array>
#include <optional>

namespace drydock {

namespace {

constexpr auto k_look = std::chrono::milliseconds(2);
constexpr auto k_quiet = std::chrono::milliseconds(250);

struct Dial {
    bool is_done = false;
    error_code failure;
    StreamPtr stream;
};

}  // namespace

boost::asio::awaitable<result<RawAnswer>> raw_exchange(Loop& loop, Dialer& dialer, Address address,
                                                       std::shared_ptr<TlsContext> tls, std::string tls_host,
                                                       Bytes bytes, Duration patience) {
    auto dial = std::make_shared<Dial>();
    dialer.connect(address, [dial](result<StreamPtr> connected) {
        dial->is_done = true;
        if (connected) {
            dial->stream = std::move(*connected);
        } else {
            dial->failure = connected.error();
        }
    });
    TimePoint const give_up = loop.clock.now() + patience;
    while (!dial->is_done && loop.clock.now() < give_up) {
        co_await sleep_until(loop.clock, loop.clock.now() + k_look);
    }
    if (!dial->is_done) { co_return boost::asio::error::timed_out; }
    if (!dial->stream) { co_return dial->failure; }
    StreamPtr stream = std::move(dial->stream);
    if (tls) { stream = tls_connect(tls, std::move(stream), tls_host); }
    RawAnswer answer;
    TimePoint last = loop.clock.now();
    std::size_t sent = 0;
    std::array<std::byte, 4096> chunk;
    while (loop.clock.now() < give_up && !answer.was_closed) {
        if (sent < bytes.size()) {
            auto const put = stream->write_some(BytesView(bytes).subspan(sent));
            if (put) {
                sent += *put;
            } else if (!is_would_block(put.error()) && !answer.end) {
                answer.end = put.error();  // a handshake breaks in whichever call comes first
            }
        }
        auto const got = stream->read_some(chunk);
        if (got) {
            answer.received.insert(answer.received.end(), chunk.begin(),
                                   chunk.begin() + static_cast<std::ptrdiff_t>(*got));
            last = loop.clock.now();
        } else if (!is_would_block(got.error())) {
            answer.was_closed = true;
            if (!answer.end) { answer.end = got.error(); }
        } else if (!answer.received.empty() && loop.clock.now() - last > k_quiet) {
            break;
        }
        if (!answer.was_closed) { co_await sleep_until(loop.clock, loop.clock.now() + k_look); }
    }
    stream->close();
    co_return answer;
}

}  // namespace drydock
