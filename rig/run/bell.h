// Somebody waits, somebody else has news: a wait that a ring or an instant ends, whichever comes first.
// One waiter at a time. Loop thread only.
#pragma once

#include "server/base/loop.h"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace drydock::rig {

class Bell {
public:
    explicit Bell(Loop& loop);
    ~Bell();
    Bell(Bell const&) = delete;
    Bell& operator=(Bell const&) = delete;

    // Ends at the next ring, at once when one came since the last wait, and at `until` in any case.
    [[nodiscard]] boost::asio::awaitable<void> wait(TimePoint until);
    void ring();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace drydock::rig
