// The seam between what was decided and the devices that are connected right now. Implemented by
// the switchboard of server/device. Loop thread only.
#pragma once

#include "server/domain/types.h"

namespace drydock {

class LiveSessions {
public:
    // What becomes of the values that the device reported under the former ownership.
    enum class Values { sealed, go_along };

    virtual ~LiveSessions() = default;
    // The session stays and belongs to `place` from now on.
    virtual void rehome(TokenId token, Epoch epoch, OrganizationId place, Values values) = 0;
    // Closes the session without an answer. A login that began under an older epoch than this
    // does not survive either (C4).
    virtual void kick(TokenId token, Epoch epoch) = 0;
    [[nodiscard]] virtual bool is_online(TokenId token) const = 0;
    // The last value of each pin that the device reported under this epoch, as (pin, value).
    [[nodiscard]] virtual Metadata values(TokenId token, Epoch epoch) const = 0;
};

}  // namespace drydock
