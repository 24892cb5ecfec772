// The leanest fleet there is: one thread, one epoll set, logins as fast or as evenly as asked, and
// every answer checked. It measures servers, so it does nothing that a server would wait for. Not
// for virtual time. Blocks its thread while it runs.
#pragma once

#include "server/base/bytes.h"
#include "server/net/stream.h"
#include "server/net/tls.h"
#include "sim/fleet/histogram.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace drydock::load {

// One login a device can try and the only right answer to it.
struct Login {
    Bytes frame;
    Bytes right_answer;  // at most 8 bytes
};

enum class Work {
    churn,     // connect, log in, close, again
    messages,  // connections held open, each with pings under way
    hold,      // connect and log in once each, as many at once as told, and stay; over when all are up or failed
    storm,     // hold, then hear of it, then everything again from one shared instant
};

struct FloodOptions {
    Address target;
    std::shared_ptr<TlsContext> tls;  // empty: plain
    bool resumes = false;             // TLS: every connection after a slot's first resumes its session
    Work work = Work::churn;
    std::size_t in_flight = 64;                         // connections at once; `hold`: how many logins at once
    std::size_t held = 0;                               // `hold`, `storm`: connections to reach
    std::size_t starts_per_turn = 64;                   // `hold`, `storm`: then answers that are there are read
    Login ping;                                         // `messages`: what is asked over and over
    Bytes after_login;                                  // `hold`: what each says once it is logged in; heard unread
    unsigned depth = 1;                                 // `messages`: pings under way on each connection
    double rate = 0;                                    // logins per second, evenly; 0: the next when one is done
    Duration warm_up = std::chrono::milliseconds(500);  // not counted
    Duration lasts = std::chrono::seconds(3);           // counted
    std::atomic<bool> const* is_interrupted = nullptr;
};

struct FloodResult {
    std::uint64_t done = 0;   // right answers within the counted time (`messages`: pings answered)
    std::uint64_t wrong = 0;  // an answer, but not the right one
    std::map<std::string, std::uint64_t> failures;  // no answer, by cause
    Histogram latency;                              // from the intended start to the answer
    // From the moment a login was due and a connection free to its start: the generator's own lag.
    Histogram late;
    Duration elapsed{};           // the counted time
    Duration cpu{};               // of this thread, in the counted time
    std::uint64_t resumed = 0;    // TLS sessions that were resumed
    std::size_t held = 0;         // `hold`, `storm`: connections that are up at the end
    Duration all_up{};            // `hold`, `storm`: from the start until the last of them was
    std::int64_t heap_bytes = 0;  // `hold`: heap of this process for them

    [[nodiscard]] std::uint64_t failed() const;
    [[nodiscard]] double rate() const;  // done per second
};

// Goes through `logins` in order, again and again. Calls `at` at the begin and the end of the
// counted time, so that others can be measured over the same span; a storm calls `all_are_up`
// before, for whoever ends the server and starts it again. Its connections are still open then.
enum class Instant { all_are_up, counting_begins, counting_ends };
[[nodiscard]] FloodResult flood(FloodOptions const& options, std::vector<Login> const& logins,
                                std::function<void(Instant)> const& at);

}  // namespace drydock::load
