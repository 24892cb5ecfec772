#include "rig/web/live_answer.h"

#include <fmt/format.h>

#include <charconv>

namespace drydock::rig {

namespace {

bool is_loopback(std::string_view host, std::uint16_t port) {
    for (std::string_view name : {"127.0.0.1", "localhost", "[::1]"}) {
        if (host == name || host == fmt::format("{}:{}", name, port)) { return true; }
    }
    return false;
}

// The number in "?from=NUMBER"; 0 when there is none.
std::uint64_t from_in(std::string_view query) {
    std::uint64_t from = 0;
    constexpr std::string_view key = "from=";
    if (query.starts_with(key)) { std::from_chars(query.data() + key.size(), query.data() + query.size(), from); }
    return from;
}

}  // namespace

LiveAnswer answer_of(LiveRequest const& request, std::uint16_t port, LiveFeed const& feed) {
    if (!is_loopback(request.host, port)) { return {421, "text/plain", "this page answers on loopback names only\n"}; }
    if (request.method != "GET") { return {405, "text/plain", "only GET\n"}; }
    auto const question = request.target.find('?');
    std::string_view const path = request.target.substr(0, question);
    if (path == "/") { return {200, "text/html; charset=utf-8", std::string(live_page())}; }
    if (path == "/live.js") { return {200, "text/javascript; charset=utf-8", std::string(live_script())}; }
    if (path == "/live.css") { return {200, "text/css; charset=utf-8", std::string(live_style())}; }
    if (path == "/state") {
        std::string_view const query =
            question == std::string_view::npos ? std::string_view() : request.target.substr(question + 1);
        return {200, "application/json", feed.to_json(from_in(query))};
    }
    return {404, "text/plain", "there is no such page\n"};
}

}  // namespace drydock::rig
