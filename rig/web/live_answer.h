// Which answer a request to the live view gets: no I/O.
#pragma once

#include "rig/web/live_feed.h"

#include <string>
#include <string_view>

namespace drydock::rig {

struct LiveRequest {
    std::string_view method;
    std::string_view target;
    std::string_view host;  // the Host header
};

struct LiveAnswer {
    unsigned status = 200;
    std::string_view type = "text/plain";
    std::string body;
};

// Pages of others can make a browser send requests here, also under a name of their own that leads to
// 127.0.0.1: only GET is answered, and only when the Host is a loopback name. `port` is ours.
[[nodiscard]] LiveAnswer answer_of(LiveRequest const& request, std::uint16_t port, LiveFeed const& feed);

[[nodiscard]] std::string_view live_page();
[[nodiscard]] std::string_view live_script();
[[nodiscard]] std::string_view live_style();

}  // namespace drydock::rig
