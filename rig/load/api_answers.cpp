#include "rig/load/api_answers.h"

#include "server/token/token.h"

#include <boost/asio/error.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace drydock::rig {

namespace {

namespace json = boost::json;

json::value const* member(json::value const& value, std::string_view name) {
    return value.is_object() ? value.as_object().if_contains(name) : nullptr;
}

std::optional<std::uint64_t> id_of(json::value const* value) {
    if (value == nullptr || !value->is_number()) { return std::nullopt; }
    boost::system::error_code bad;
    auto const id = value->to_number<std::uint64_t>(bad);
    return bad || id == 0 ? std::nullopt : std::optional(id);
}

// Nothing else of a stranger's answer is fit to be shown.
bool is_code(std::string_view text) {
    constexpr std::size_t k_code_max = 40;
    return text.size() <= k_code_max && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

}  // namespace

std::optional<std::uint64_t> id_in(json::value const& answer) { return id_of(member(answer, "id")); }

std::optional<std::uint64_t> first_template_in(json::value const& answer) {
    auto const* listed = member(answer, "content");
    if (listed == nullptr || !listed->is_array()) { return std::nullopt; }
    return listed->as_array().empty() ? std::optional<std::uint64_t>(0) : id_in(listed->as_array().front());
}

std::optional<std::vector<std::uint64_t>> minted_in(json::value const& answer, std::uint64_t ordered) {
    auto const* minted = member(answer, "tokens");
    if (minted == nullptr || !minted->is_array()) { return std::nullopt; }
    if (minted->as_array().empty() || minted->as_array().size() > ordered) { return std::nullopt; }
    std::vector<std::uint64_t> ids;
    for (json::value const& one : minted->as_array()) {
        auto const id = id_of(&one);
        if (!id) { return std::nullopt; }
        ids.push_back(*id);
    }
    return ids;
}

std::optional<load::TokenText> auth_token_in(json::value const& answer) {
    auto const* text = member(answer, "auth_token");
    if (text == nullptr || !text->is_string() || !is_auth_token_text(text->as_string())) { return std::nullopt; }
    load::TokenText token{};
    if (text->as_string().size() != token.size()) { return std::nullopt; }
    std::copy(text->as_string().begin(), text->as_string().end(), token.begin());
    return token;
}

std::string words_of(Result const& answer) {
    if (!answer) {
        bool const is_given_up = answer.error() == boost::asio::error::operation_aborted;
        return is_given_up ? "no answer in time" : answer.error().message();
    }
    auto const* error = member(answer->json, "error");
    auto const* code = error == nullptr ? nullptr : member(*error, "code");
    bool const is_shown = code != nullptr && code->is_string() && is_code(code->as_string());
    return fmt::format("HTTP {}{}{}", answer->status, is_shown ? " " : "",
                       is_shown ? std::string_view(code->as_string()) : std::string_view());
}

}  // namespace drydock::rig
