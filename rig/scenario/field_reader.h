// Reads the fields of a file one by one: text, times, shares, counts. What does not fit is noted
// with its place and a way out, and reading goes on. Holds the caller's list of diagnostics.
#pragma once

#include "rig/scenario/plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::rig {

// A key that people expect and the language does not need, and what to do instead.
struct NeedlessKey {
    std::string_view name;
    std::string_view way_out;
};

class FieldReader {
public:
    FieldReader(std::string file, std::vector<Diagnostic>& diagnostics);

    void complain(Position at, std::string message, std::string hint = {});
    // How many complaints there are so far: the same number later means that all was well.
    [[nodiscard]] std::size_t complaints() const { return diagnostics_.size(); }
    [[nodiscard]] bool has_complained_at(Position at) const;

    std::string text(Value const& value, std::string_view what);
    std::vector<std::string> texts(Value const& value, std::string_view what);
    // Of flow scenarios: a whole number and ms, s, m or h; zero after a complaint.
    Duration duration(Value const& value, std::string_view what);
    bool boolean(Value const& value, std::string_view what);

    // Of load scenarios, which know decimals and more units. Nothing after a complaint.
    std::optional<Duration> time(Value const& value, std::string_view what);
    std::optional<std::uint64_t> count(Value const& value, std::string_view what);
    std::optional<std::uint32_t> share(Value const& value, std::string_view what);  // millionths
    std::optional<std::uint64_t> byte_rate(Value const& value, std::string_view what);

    // Nothing, and a complaint with the example, when the value is no map (or no list).
    Value::Map const* map(Value const& value, std::string_view what, std::string_view example);
    Value::List const* list(Value const& value, std::string_view what, std::string_view example);
    // Complains about every key of the map that is not among the known ones. `where`: "in a phase".
    void check_keys(Value const& value, std::string_view where, std::vector<std::string> const& known,
                    std::vector<NeedlessKey> const& needless = {});

private:
    std::string file_;
    std::vector<Diagnostic>& diagnostics_;
};

// A share in millionths, of a text like "99.5%", from 0 to 100.
[[nodiscard]] std::optional<std::uint32_t> read_share(std::string_view text);

}  // namespace drydock::rig
