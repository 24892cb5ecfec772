// The names of what a verb gives. A verb declares patterns: "count", "tokens.N.auth" (N: a number), "meta.*"
// (any name). A scenario writes paths: "tokens.0" is a group of results, "tokens.0.auth" is one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

enum class Naming { nothing, group, value };
// What the path names among the results of these patterns.
[[nodiscard]] Naming naming(std::span<std::string_view const> patterns, std::string_view path);
// The names of the patterns that a path of this shape could have meant, for "did you mean".
[[nodiscard]] std::vector<std::string> names_like(std::span<std::string_view const> patterns, std::string_view path);

}  // namespace drydock::rig
