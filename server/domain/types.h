// The glossary: the things the cloud knows, one word per idea. Plain values without I/O.
#pragma once

#include "server/base/clock.h"
#include "server/base/strong_id.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock {

using OrganizationId = StrongId<struct OrganizationTag>;
using UserId = StrongId<struct UserTag>;
using TemplateId = StrongId<struct TemplateTag>;
using BatchId = StrongId<struct BatchTag>;
// A token and its device are one record for life, so a device's id is its token's (AUTH-04).
using TokenId = StrongId<struct TokenTag>;

// Grows by one on every claim, release, disclaim, transfer and delete, and never otherwise (I4).
using Epoch = std::uint64_t;

// Plans are data: what an organization tree may hold (PLAN-01).
enum class Plan : std::uint8_t { free, pro, business };
struct PlanLimits {
    std::uint64_t tokens;         // live tokens minted by the tree's root organization
    std::uint64_t devices;        // claimed devices in one organization
    std::uint64_t organizations;  // sub-organizations
};
[[nodiscard]] PlanLimits limits_of(Plan plan);

struct Organization {
    OrganizationId id;
    OrganizationId parent;  // none for the root
    std::string name;
    Plan plan = Plan::free;
};

enum class Role : std::uint8_t { admin, staff, user };

struct User {
    UserId id;
    OrganizationId organization;
    std::string email;
    std::string name;
    Role role = Role::user;
    std::string password_hash;         // argon2id, encoded
    std::uint64_t rights_version = 1;  // grows when role, organization or activity changes
    bool is_active = true;
};

enum class FieldType : std::uint8_t { text, number };
struct MetadataField {
    std::string name;
    FieldType type = FieldType::text;
};

struct Template {
    TemplateId id;
    OrganizationId organization;
    std::string name;
    std::string code;  // "TMPL…"
    std::vector<MetadataField> fields;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

enum class TokenState : std::uint8_t { generated, activated, claimed_new, claimed, parked, deleted };
[[nodiscard]] std::string_view to_text(TokenState state);
[[nodiscard]] inline bool is_claimed(TokenState state) {
    return state == TokenState::claimed || state == TokenState::claimed_new;
}
[[nodiscard]] inline bool is_live(TokenState state) { return state != TokenState::deleted; }

enum class Lock : std::uint8_t { none, hold };

// What the rules decide on.
struct Token {
    TokenId id;
    OrganizationId origin;   // where it was created, for life
    TemplateId template_id;  // for life (GEN-03)
    BatchId batch;
    TokenState state = TokenState::generated;
    OrganizationId holder;  // where the device is; none while generated, parked, deleted
    UserId owner;           // none while unclaimed
    Epoch epoch = 0;
    Lock lock = Lock::none;
    bool ever_connected = false;
    std::string device_name;  // from the batch or the CSV
    std::string given_name;   // the owner's, dropped when ownership ends
    Metadata metadata;        // from the CSV, erased only by deletion
    std::string printed;      // "tok#a1b2c3"
    WallTime created{};
};

// One row of a token's history (AUDIT-01).
struct AuditEntry {
    std::uint64_t id = 0;         // given out by the store
    TokenId token;                // none for entries about organizations and people
    std::string event;            // "E13"
    std::string verb;             // "claim"
    UserId actor;                 // none for the device itself
    OrganizationId organization;  // the one acted in
    Epoch epoch_before = 0;
    Epoch epoch_after = 0;
    TokenState state_after = TokenState::generated;
    WallTime at{};
    std::string source;  // peer address, without port
};

}  // namespace drydock
