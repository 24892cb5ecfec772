// What a load run counted and timed, for each phase and link. Workers send theirs as text, the
// parent merges them: merging is associative and commutative, percentiles are taken afterwards.
//
// Text form, one `key=value` a line, ascending by phase and link, in the order of the enumerations;
// nothing for what is zero:
//   drydock.load.summary=1
//   ramp/lte-m/count/auth.accepted=4700
//   ramp/lte-m/time/auth=dh1:…
//   ramp/lte-m/gauge/server.rss=samples,sum,least,greatest
//   end=3                                             (the lines between)
#pragma once

#include "sim/fleet/histogram.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace drydock::load {

enum class Counter {
    connect_started,        // connections begun, first and again
    connect_failed,         // of those: refused, reset, or not there in time
    auth_started,           // logins sent
    auth_accepted,          // of those: answered with success, and rightly so
    auth_refused,           // of those: answered with a refusal, and rightly so
    auth_refused_wrongly,   // of those: refused though the token is good
    auth_accepted_wrongly,  // of those: let in though the token is not
    auth_lost,              // of those: no answer in time, or closed without one
    claim_started,
    claim_failed,     // of those: refused, or not answered in time
    claim_wrong_org,  // of those: the device ended in another organization than it should
    cut_off_missing,  // devices that stayed connected after their token was deleted; Latency::cut_off holds the others
    reconnect_lost,   // devices that lost their connection; Latency::reconnect holds those that came back
    messages_sent,
    messages_lost,    // of those: no answer in time
    bad_device_kept,  // devices that broke the protocol and were not closed for it
    protocol_broken,  // answers the protocol does not know
    online_seen,      // summed over the looks at the fleet: devices that were online
    online_expected,  // the same: devices that should have been
};
constexpr std::size_t k_counters = 19;

enum class Latency {
    connect,         // from the beginning of the connection to its end of handshake
    auth,            // from the intended start to the answer
    claim,           // from the request to the answer
    reconnect,       // from the loss to being online again
    messages,        // from the intended start to the answer
    cut_off,         // from the answered removal of a token to the end of its device's connection
    generator_late,  // from the intended to the real start: the generator's own fault
};
constexpr std::size_t k_latencies = 7;

enum class Gauge {
    server_rss,     // bytes
    server_cpu,     // millionths of one core
    generator_cpu,  // millionths of one core
};
constexpr std::size_t k_gauges = 3;

[[nodiscard]] std::string_view name_of(Counter counter);
[[nodiscard]] std::string_view name_of(Latency latency);
[[nodiscard]] std::string_view name_of(Gauge gauge);

struct Samples {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t least = 0;  // zero, like the greatest, when there are none
    std::uint64_t greatest = 0;

    void merge(Samples const& other);
    friend bool operator==(Samples const&, Samples const&) = default;
};

// One phase and link: 0.9 MB from the beginning, so that nothing below allocates.
class Cell {
public:
    void add(Counter counter, std::uint64_t count = 1) { counts_[static_cast<std::size_t>(counter)] += count; }
    void record(Latency latency, Duration value) { times_[static_cast<std::size_t>(latency)].record(value); }
    void sample(Gauge gauge, std::uint64_t value);
    void merge(Cell const& other);
    // Forgets everything and keeps the memory, so that a worker can send what is new since it last sent.
    void reset();

    [[nodiscard]] std::uint64_t count(Counter counter) const { return counts_[static_cast<std::size_t>(counter)]; }
    [[nodiscard]] Histogram const& times(Latency latency) const { return times_[static_cast<std::size_t>(latency)]; }
    [[nodiscard]] Samples const& samples(Gauge gauge) const { return samples_[static_cast<std::size_t>(gauge)]; }

private:
    friend class SummaryReader;

    std::array<std::uint64_t, k_counters> counts_{};
    std::array<Histogram, k_latencies> times_;
    std::array<Samples, k_gauges> samples_{};
};

// Empty for all of them.
struct Where {
    std::string phase;
    std::string link;
};

class Summary {
public:
    static constexpr std::size_t k_cells_max = 256;
    static constexpr std::size_t k_text_bytes_max = 64UL * 1024 * 1024;

    // Made when it is new. Stays where it is: keep the reference rather than asking for each event.
    // Both are plain names (words.h).
    [[nodiscard]] Cell& cell(std::string_view phase, std::string_view link);
    void merge(Summary const& other);
    void reset();

    [[nodiscard]] std::uint64_t count(Counter counter, Where const& where = {}) const;
    [[nodiscard]] Histogram times(Latency latency, Where const& where = {}) const;
    [[nodiscard]] Samples samples(Gauge gauge, Where const& where = {}) const;
    // By phase and link, ascending.
    [[nodiscard]] std::map<std::pair<std::string, std::string>, Cell> const& cells() const { return cells_; }

    [[nodiscard]] std::string to_text() const;
    // Fails with load_errc::bad_summary unless the text is exactly what to_text could have written.
    [[nodiscard]] static result<Summary> from_text(std::string_view text);

private:
    std::map<std::pair<std::string, std::string>, Cell> cells_;
};

}  // namespace drydock::load
