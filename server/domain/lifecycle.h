// The life of a token: one function per event, from a snapshot to one conditional write and what
// happens to the live session. Pure; who may ask is policy.h's business.
#pragma once

#include "server/base/error.h"
#include "server/domain/store.h"
#include "server/domain/types.h"

#include <optional>
#include <string_view>

namespace drydock {

// What becomes of the device's live session after the commit.
enum class SessionFate {
    keep,          // nothing changes for it
    rehome,        // stays connected, now in another organization; its values stay behind (E13)
    move,          // stays connected, in other hands, and its values go along (E21)
    kick,          // closed without status 9; comes back by itself (E18, E19)
    kick_for_good  // closed; its next login hears 9 (E22, E23)
};

struct Decision {
    std::string_view event;             // "E13"
    std::optional<TokenUpdate> update;  // nothing: already so, no write
    SessionFate fate = SessionFate::keep;
};

struct Claimer {
    UserId user;
    OrganizationId organization;
};

namespace lifecycle {

// E3-E8. Fails with dead_token for a deleted one. No update when the connect changes nothing.
[[nodiscard]] result<Decision> connect(Token const& token);
// E12-E17. The owner's own second scan is a success without update (E16); everything else that
// cannot be claimed is cannot_be_claimed.
[[nodiscard]] result<Decision> claim(Token const& token, Claimer const& claimer);
// E18: the owner side deletes the device from its account.
[[nodiscard]] result<Decision> release(Token const& token);
// E19, E20: the origin organization takes ownership away. Unclaimed: success without update.
[[nodiscard]] result<Decision> disclaim(Token const& token);
// E21. Fails with `invalid` for an unclaimed unit: only the QR makes it claimed (L187).
enum class History { goes_along, stays_behind };
[[nodiscard]] result<Decision> transfer(Token const& token, Claimer const& target, History history);
// E22, E23. A claimed token needs `claimed_included` (else confirmation_needed).
enum class ClaimedIncluded { no, yes };
[[nodiscard]] result<Decision> remove(Token const& token, ClaimedIncluded included);
// E24: the origin organization clears the device row of an unclaimed unit.
[[nodiscard]] result<Decision> clear_device(Token const& token);
// E31.
[[nodiscard]] result<Decision> hold(Token const& token, Lock lock);
// E32: a new QR token for an unclaimed unit; the caller adds the ReplaceQr.
[[nodiscard]] result<Decision> reissue_qr(Token const& token);
// The owner side names the device; no ownership change.
[[nodiscard]] result<Decision> rename(Token const& token, std::string name);

}  // namespace lifecycle
}  // namespace drydock
