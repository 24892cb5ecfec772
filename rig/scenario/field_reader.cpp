#include "rig/scenario/field_reader.h"

#include "rig/scenario/diagnostics.h"
#include "rig/scenario/units.h"
#include "sim/fleet/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace drydock::rig {

namespace {

constexpr std::uint64_t k_byte_rate_max = 12'500'000'000;  // 100 Gbit/s: more is a mistake in the unit

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::optional<std::uint64_t> read_byte_rate(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::int64_t bits;
    };
    static constexpr std::array k_units{Unit{"bit/s", 1}, Unit{"kbit/s", 1'000}, Unit{"Mbit/s", 1'000'000},
                                        Unit{"Gbit/s", 1'000'000'000}};
    auto const number = load::read_number(text);
    if (!number) { return std::nullopt; }
    auto const unit =
        std::find_if(k_units.begin(), k_units.end(), [&](Unit const& one) { return one.name == number->rest; });
    if (unit == k_units.end()) { return std::nullopt; }
    load::Wide const bytes = load::Wide{number->millionths} * unit->bits / 8'000'000;
    if (bytes < 1 || bytes > k_byte_rate_max) { return std::nullopt; }
    return static_cast<std::uint64_t>(bytes);
}

}  // namespace

FieldReader::FieldReader(std::string file, std::vector<Diagnostic>& diagnostics)
    : file_(std::move(file)), diagnostics_(diagnostics) {}

void FieldReader::complain(Position at, std::string message, std::string hint) {
    diagnostics_.push_back({file_, at, std::move(message), std::move(hint)});
}

bool FieldReader::has_complained_at(Position at) const {
    return std::any_of(diagnostics_.begin(), diagnostics_.end(),
                       [&](Diagnostic const& one) { return one.at.line == at.line && one.at.column == at.column; });
}

std::string FieldReader::text(Value const& value, std::string_view what) {
    if (auto const* found = value.text()) { return *found; }
    complain(value.at, quoted(what) + " must be text");
    return {};
}

std::vector<std::string> FieldReader::texts(Value const& value, std::string_view what) {
    std::vector<std::string> out;
    auto const* items = value.list();
    if (items == nullptr) {
        complain(value.at, quoted(what) + " must be a list", "write [" + (value.text() ? *value.text() : "…") + "]");
        return out;
    }
    for (Value const& item : *items) { out.push_back(text(item, what)); }
    return out;
}

Duration FieldReader::duration(Value const& value, std::string_view what) {
    auto const parsed = parse_duration(text(value, what));
    if (!parsed) {
        complain(value.at, quoted(what) + " is no duration", "write a number with its unit: 250ms, 5s, 2m, 1h");
    }
    return parsed.value_or(Duration{});
}

bool FieldReader::boolean(Value const& value, std::string_view what) {
    std::string const found = text(value, what);
    if (found != "true" && found != "false") {
        complain(value.at, quoted(what) + " is neither true nor false", "write true or false");
    }
    return found == "true";
}

std::optional<Duration> FieldReader::time(Value const& value, std::string_view what) {
    auto const parsed = value.text() == nullptr ? std::nullopt : load::read_duration(*value.text());
    if (!parsed || *parsed <= Duration::zero()) {
        complain(value.at, quoted(what) + " is no time above zero", "write a number with its unit: 250ms, 5s, 2m, 1h");
        return std::nullopt;
    }
    return parsed;
}

std::optional<std::uint64_t> FieldReader::count(Value const& value, std::string_view what) {
    auto const parsed = value.text() == nullptr ? std::nullopt : load::read_count(*value.text());
    if (!parsed || *parsed == 0) {
        complain(value.at, quoted(what) + " is no whole number above zero", "write 1 to 999999999");
        return std::nullopt;
    }
    return parsed;
}

std::optional<std::uint32_t> FieldReader::share(Value const& value, std::string_view what) {
    auto const parsed = value.text() == nullptr ? std::nullopt : read_share(*value.text());
    if (!parsed) { complain(value.at, quoted(what) + " is no share", "write 0% to 100%, with at most four decimals"); }
    return parsed;
}

std::optional<std::uint64_t> FieldReader::byte_rate(Value const& value, std::string_view what) {
    auto const parsed = value.text() == nullptr ? std::nullopt : read_byte_rate(*value.text());
    if (!parsed) {
        complain(value.at, quoted(what) + " is no data rate", "write 26kbit/s or 1Mbit/s, up to 100Gbit/s");
    }
    return parsed;
}

Value::Map const* FieldReader::map(Value const& value, std::string_view what, std::string_view example) {
    auto const* found = value.map();
    if (found == nullptr) { complain(value.at, quoted(what) + " must be a map", "write " + std::string(example)); }
    return found;
}

Value::List const* FieldReader::list(Value const& value, std::string_view what, std::string_view example) {
    auto const* found = value.list();
    if (found == nullptr) { complain(value.at, quoted(what) + " must be a list", "write " + std::string(example)); }
    return found;
}

void FieldReader::check_keys(Value const& value, std::string_view where, std::vector<std::string> const& known,
                             std::vector<NeedlessKey> const& needless) {
    for (auto const& [key, item] : *value.map()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) { continue; }
        auto const found = std::find_if(needless.begin(), needless.end(),
                                        [&name = key](NeedlessKey const& one) { return one.name == name; });
        complain(item.key_at, "the key " + quoted(key) + " is unknown " + std::string(where),
                 found == needless.end() ? way_to(key, known) : std::string(found->way_out));
    }
}

std::optional<std::uint32_t> read_share(std::string_view text) {
    auto const number = load::read_number(text);
    if (!number || number->rest != "%" || number->millionths < 0 || number->millionths > 100'000'000 ||
        number->millionths % 100 != 0) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(number->millionths / 100);
}

}  // namespace drydock::rig
