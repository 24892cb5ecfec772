// What a cloud that somebody else runs answers to its maker, read without trust: another server may stand
// behind the address. Plain functions; nothing for an answer of another shape.
#pragma once

#include "sim/fleet/fleet.h"
#include "sim/phone/person.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drydock::rig {

// Its id, which is above zero.
[[nodiscard]] std::optional<std::uint64_t> id_in(boost::json::value const& answer);
// The first of the listed templates; zero when none is listed.
[[nodiscard]] std::optional<std::uint64_t> first_template_in(boost::json::value const& answer);
// Of newly minted tokens: at least one and at most as many as were ordered.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> minted_in(boost::json::value const& answer,
                                                                  std::uint64_t ordered);
// The secret of one token.
[[nodiscard]] std::optional<load::TokenText> auth_token_in(boost::json::value const& answer);

// What was answered instead, in a few words: the status and the API's own code, or what broke the call. Never the
// body, which may be a secret or a page of somebody else's.
[[nodiscard]] std::string words_of(Result const& answer);

}  // namespace drydock::rig
