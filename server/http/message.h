// A request and a response as the API's handlers see them: plain values, no library.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock {

struct ApiRequest {
    std::string method;
    std::string path;  // without the query
    std::vector<std::pair<std::string, std::string>> query;
    std::string body;
    std::string content_type;
    std::string bearer;          // from Authorization
    std::string cookie_session;  // from __Host-drydock
    std::string origin;          // of a browser's cross-site request
    std::string host;
    std::string acting_in;  // Drydock-Organization
    std::string idempotency_key;
    std::string if_match;
    std::string peer;  // address without port
    bool is_tls = false;

    [[nodiscard]] std::string_view query_value(std::string_view name) const {
        for (auto const& [key, value] : query) {
            if (key == name) { return value; }
        }
        return {};
    }
};

struct ApiResponse {
    unsigned status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace drydock
