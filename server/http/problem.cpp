#include "server/http/problem.h"

#include "server/domain/cloud_errc.h"

#include <boost/json.hpp>

#include <array>

namespace drydock {

namespace {

struct HttpCategory final : boost::system::error_category {
    [[nodiscard]] char const* name() const noexcept override { return "http"; }
    [[nodiscard]] std::string message(int code) const override {
        switch (static_cast<http_errc>(code)) {
            case http_errc::unauthenticated: return "sign in first";
            case http_errc::too_many: return "too many tries: wait a little";
            case http_errc::too_large: return "the request is too large";
            case http_errc::bad_request: return "the request cannot be understood";
            case http_errc::no_route: return "there is nothing at this address";
            case http_errc::wrong_method: return "this address does not take this method";
            case http_errc::wrong_origin: return "the request comes from another site";
        }
        return "unknown";
    }
};

struct Row {
    error_code failure;
    unsigned status;
    std::string_view code;
};

std::array<Row, 21> const& table() {
    static std::array<Row, 21> const rows{{
        {cloud_errc::unavailable, 503, "unavailable"},
        {cloud_errc::conflict, 409, "conflict"},
        {cloud_errc::not_found, 404, "not_found"},
        {cloud_errc::gone, 410, "gone"},
        {cloud_errc::forbidden, 403, "forbidden"},
        {cloud_errc::cannot_be_claimed, 404, "cannot_be_claimed"},
        {cloud_errc::not_a_token_code, 400, "not_a_token_code"},
        {cloud_errc::over_limit, 409, "over_limit"},
        {cloud_errc::stale_epoch, 412, "stale_epoch"},
        {cloud_errc::already_exists, 409, "already_exists"},
        {cloud_errc::confirmation_needed, 400, "confirmation_needed"},
        {cloud_errc::dead_token, 404, "not_found"},
        {cloud_errc::invalid, 400, "invalid"},
        {cloud_errc::target_not_active, 409, "target_not_active"},
        {http_errc::unauthenticated, 401, "unauthenticated"},
        {http_errc::too_many, 429, "too_many"},
        {http_errc::too_large, 413, "too_large"},
        {http_errc::bad_request, 400, "bad_request"},
        {http_errc::no_route, 404, "not_found"},
        {http_errc::wrong_method, 405, "wrong_method"},
        {http_errc::wrong_origin, 403, "wrong_origin"},
    }};
    return rows;
}

}  // namespace

error_code make_error_code(http_errc code) {
    static HttpCategory const category;
    return {static_cast<int>(code), category};
}

ApiResponse json_response(unsigned status, boost::json::value const& body) {
    ApiResponse response;
    response.status = status;
    response.body = boost::json::serialize(body);
    return response;
}

ApiResponse problem(error_code failure) {
    Row const* found = &table().front();
    for (Row const& row : table()) {
        if (row.failure == failure) { found = &row; }
    }
    boost::json::object error;
    error["code"] = found->code;
    error["message"] = found->failure.message();
    boost::json::object body;
    body["error"] = std::move(error);
    ApiResponse response = json_response(found->status, body);
    if (found->status == 503 || found->status == 429) { response.headers.emplace_back("Retry-After", "1"); }
    return response;
}

}  // namespace drydock
