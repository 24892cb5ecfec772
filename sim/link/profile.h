// What a radio or a cable does to connections and bytes: plain values. Each profile stands in
// fixtures/links with its source; the rig reads them. The same values shape virtual and real time.
#pragma once

#include "server/base/clock.h"

#include <cstdint>
#include <string>

namespace drydock {

// A time with a long tail: half of all draws are below p50, one in twenty above p95. The shape in
// between and beyond is log-normal. Both zero: always zero.
struct Spread {
    Duration p50{};
    Duration p95{};

    friend bool operator==(Spread const&, Spread const&) = default;
};

struct LinkProfile {
    std::string name;
    Spread round_trip;             // of a small packet, split evenly between the two ways
    Spread attach;                 // from power-on or the end of an outage to the first possible connect
    std::uint64_t up_bytes = 0;    // per second, device to cloud; 0: no limit
    std::uint64_t down_bytes = 0;  // per second, cloud to device; 0: no limit
    // Share of segments that are lost, in millionths. TCP hides a loss behind a retransmission: the
    // segment and all behind it arrive later by retransmit, twice that for a second loss, and so on.
    std::uint32_t loss_millionths = 0;
    Duration retransmit = std::chrono::seconds(1);
    // After so long without a byte either way the operator's NAT forgets the connection: what is
    // sent afterwards vanishes and nobody is told (half-open). 0: never.
    Duration nat_idle{};
    // Power saving: after `awake` without traffic the radio sleeps; bytes for the device wait until
    // it sends by itself or `sleep` is over. 0: never sleeps.
    Duration psm_awake{};
    Duration psm_sleep{};
    bool is_metered = false;  // bytes are counted, and reported, for each device

    friend bool operator==(LinkProfile const&, LinkProfile const&) = default;
};

}  // namespace drydock
