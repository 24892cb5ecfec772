#include "server/http/list.h"

#include "server/http/problem.h"

#include <boost/json.hpp>

#include <charconv>

namespace drydock {

namespace {

// The number of a query's parameter, the fallback when it is not there, nothing when it is no number.
std::optional<std::uint64_t> number_of(std::string_view text, std::uint64_t fallback) {
    if (text.empty()) { return fallback; }
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) { return std::nullopt; }
    return value;
}

}  // namespace

result<Page> page_of(ApiRequest const& request) {
    auto const after = number_of(request.query_value("after"), 0);
    auto const limit = number_of(request.query_value("limit"), Page{}.limit);
    // A store's row ids have 63 bits.
    bool const is_good = after && limit && *after <= INT64_MAX && *limit >= 1 && *limit <= k_page_max;
    if (!is_good) { return fail(cloud_errc::invalid); }
    return Page{*after, *limit};
}

ApiResponse list_response(boost::json::array content, std::uint64_t next) {
    boost::json::object out;
    out["content"] = std::move(content);
    out["next"] = next == 0 ? boost::json::value(nullptr) : boost::json::value(next);
    return json_response(200, out);
}

}  // namespace drydock
