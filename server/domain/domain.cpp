#include "server/base/check.h"
#include "server/domain/cloud_errc.h"
#include "server/domain/types.h"

#include <string>

namespace drydock {

namespace {

struct CloudCategory final : boost::system::error_category {
    [[nodiscard]] char const* name() const noexcept override { return "cloud"; }
    [[nodiscard]] std::string message(int code) const override {
        switch (static_cast<cloud_errc>(code)) {
            case cloud_errc::unavailable: return "the store cannot answer now";
            case cloud_errc::conflict: return "something changed meanwhile";
            case cloud_errc::not_found: return "there is no such thing, or you may not see it";
            case cloud_errc::gone: return "it was deleted for good";
            case cloud_errc::forbidden: return "you may not do this";
            case cloud_errc::cannot_be_claimed: return "this code cannot be claimed";
            case cloud_errc::not_a_token_code: return "this is not a static token code";
            case cloud_errc::over_limit: return "the plan has no room for this";
            case cloud_errc::stale_epoch: return "the ownership changed since you looked";
            case cloud_errc::already_exists: return "this name is in use already";
            case cloud_errc::confirmation_needed: return "deleting for good needs its confirmation";
            case cloud_errc::dead_token: return "the token is unknown or deleted";
            case cloud_errc::invalid: return "the request makes no sense";
            case cloud_errc::target_not_active: return "the receiver cannot receive a device";
        }
        return "unknown";
    }
};

}  // namespace

error_code make_error_code(cloud_errc code) {
    static CloudCategory const category;
    return {static_cast<int>(code), category};
}

PlanLimits limits_of(Plan plan) {
    switch (plan) {
        case Plan::free: return {5, 5, 0};
        case Plan::pro: return {50, 50, 200};
        case Plan::business: return {1'000'000, 1'000'000, 1'000'000};
    }
    DRYDOCK_UNREACHABLE();
}

std::string_view to_text(TokenState state) {
    switch (state) {
        case TokenState::generated: return "generated";
        case TokenState::activated: return "activated";
        case TokenState::claimed_new: return "claimed_new";
        case TokenState::claimed: return "claimed";
        case TokenState::parked: return "parked";
        case TokenState::deleted: return "deleted";
    }
    DRYDOCK_UNREACHABLE();
}

}  // namespace drydock
