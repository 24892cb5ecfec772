// From options to a scenario, a shard, a beginning.
#include "rig/cli/fleet_command.h"
#include "rig/scenario/diagnostics.h"
#include "rig/scenario/link_reader.h"
#include "rig/scenario/load_words.h"
#include "rig/scenario/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <stdexcept>
#include <vector>

namespace drydock::rig {

namespace {

constexpr std::uint64_t k_shards_max = 100'000;

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool const is_whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    return is_whole ? std::optional(value) : std::nullopt;
}

Duration time_of(std::string_view option, std::string const& text) {
    auto const time = load::read_duration(text);
    if (!time || *time <= Duration{}) {
        throw std::invalid_argument(
            fmt::format("{} takes a time above zero, such as 30s, 5m or 1h, not '{}'", option, text));
    }
    return *time;
}

void check_name(std::string_view option, std::string const& name, std::vector<std::string> const& known) {
    if (std::find(known.begin(), known.end(), name) != known.end()) { return; }
    throw std::invalid_argument(fmt::format("{}: nothing is called '{}': {}", option, name, way_to(name, known)));
}

// So many a second that all have arrived when the ramp ends, and not one more.
std::string rate_of(std::uint64_t devices, Duration over) {
    load::Wide const nanoseconds = over.count();
    load::Wide const micro = (load::Wide(devices) * 1'000'000 * 1'000'000'000 + nanoseconds - 1) / nanoseconds;
    auto const millionths = static_cast<std::uint64_t>(micro);
    return fmt::format("{}.{:06}/s", millionths / 1'000'000, millionths % 1'000'000);
}

// Of all logins. Over the slowest link an answer now and then takes longer than a client waits for it, whatever the
// cloud does.
std::string_view fail_bound(std::string_view link) { return link == "nb-iot" ? "10%" : "1%"; }

// Part of the scenario and the options that it came from.
struct Origin {
    std::string text;
    std::string options;
};

std::vector<Origin> origins_of(FleetWish const& wish, std::string const& rate) {
    return {{"count: " + std::to_string(wish.devices), fmt::format("--devices {}", wish.devices)},
            {"heartbeat: " + wish.heartbeat, "--heartbeat " + wish.heartbeat},
            {"name: ramp, for: " + wish.ramp, "--ramp " + wish.ramp},
            {"from: " + rate, fmt::format("--devices {} in --ramp {}", wish.devices, wish.ramp)},
            {"name: hold, for: " + wish.hold, "--for " + wish.hold},
            {"every: " + wish.ping_every + ", jitter: 50%, do: device.ping", "--ping-every " + wish.ping_every},
            {"every: " + wish.report_every + ", jitter: 50%, do: device.report", "--report-every " + wish.report_every},
            {"auth.latency, agg: p99, le: " + wish.p99, "--p99 " + wish.p99},
            {"generator.late, agg: p99, le: " + wish.late, "--late " + wish.late}};
}

// What the scenario's own rules say, in terms of the options it was made from.
void check_scenario(std::string const& scenario, std::vector<Origin> const& origins) {
    auto const loaded = load_scenario("fleet", scenario);
    std::string wrong;
    for (Diagnostic const& one : loaded.diagnostics) {
        std::size_t line = 0;
        for (std::size_t i = 1; i < one.at.line; ++i) { line = scenario.find('\n', line) + 1; }
        std::size_t const at = line + one.at.column - 1;
        auto const is_there = [&](Origin const& origin) {
            std::size_t const begin = scenario.find(origin.text);
            return begin != std::string::npos && at >= begin && at < begin + origin.text.size();
        };
        auto const origin = std::ranges::find_if(origins, is_there);
        wrong += fmt::format("{}{}{}{}{}{}", wrong.empty() ? "" : "; ", origin == origins.end() ? "" : origin->options,
                             origin == origins.end() ? "" : ": ", one.message, one.hint.empty() ? "" : ": ", one.hint);
    }
    if (!wrong.empty()) { throw std::invalid_argument(wrong); }
}

load::Shard checked(std::uint64_t index, std::uint64_t of, std::string_view from) {
    if (of == 0 || of > k_shards_max || index >= of) {
        throw std::invalid_argument(fmt::format("{}: there is no shard {} of {}, counted from 0", from, index, of));
    }
    return {index, of};
}

}  // namespace

std::string title_of(FleetWish const& wish) {
    return fmt::format("{} devices over {}{}", wish.devices, wish.link, wish.has_tls ? " with TLS" : "");
}

std::string scenario_of(FleetWish const& wish) {
    if (wish.devices == 0 || wish.devices > load::Arrivals::k_count_max) {
        throw std::invalid_argument(fmt::format("--devices takes 1 to {}", load::Arrivals::k_count_max));
    }
    check_name("--link", wish.link, names_of(built_in_links()));
    check_name("--family", wish.family, names_of(family_words()));
    std::string const rate = rate_of(wish.devices, time_of("--ramp", wish.ramp));
    static_cast<void>(time_of("--for", wish.hold));
    static_cast<void>(time_of("--heartbeat", wish.heartbeat));
    std::string session;
    if (!wish.ping_every.empty()) {
        static_cast<void>(time_of("--ping-every", wish.ping_every));
        session += fmt::format("  - {{every: {}, jitter: 50%, do: device.ping}}\n", wish.ping_every);
    }
    if (!wish.report_every.empty()) {
        static_cast<void>(time_of("--report-every", wish.report_every));
        session += fmt::format(
            "  - {{every: {}, jitter: 50%, do: device.report, with: {{pin: V1, value: {{walk: [0, "
            "100]}}}}}}\n",
            wish.report_every);
    }
    std::string thresholds =
        "  - {metric: auth.refused_wrongly, le: 0}\n"
        "  - {metric: auth.accepted_wrongly, le: 0}\n"
        "  - {metric: auth.fail_ratio, le: " +
        std::string(fail_bound(wish.link)) +
        "}\n"
        // A cloud that lets nobody in, and says nothing, has refused nobody either.
        "  - {metric: auth.accepted, ge: 1}\n"
        // Whoever cannot even connect has not been refused.
        "  - {metric: online.share, ge: 80%, phase: hold}\n";
    if (!wish.p99.empty()) {
        static_cast<void>(time_of("--p99", wish.p99));
        thresholds += fmt::format("  - {{metric: auth.latency, agg: p99, le: {}}}\n", wish.p99);
    }
    if (!wish.late.empty()) {
        static_cast<void>(time_of("--late", wish.late));
        thresholds += fmt::format("  - {{metric: generator.late, agg: p99, le: {}}}\n", wish.late);
    }
    std::string scenario = fmt::format(
        "drydock: 1\nid: fleet.adhoc\ntitle: {}\nkind: load\nseed: {}\n"
        "population:\n  fleet: {{count: {}, link: {}, families: {{{}: 100%}}, heartbeat: {}, tls: {}}}\n{}{}"
        "phases:\n  - {{name: ramp, for: {}, arrive: {{from: {}}}}}\n  - {{name: hold, for: {}}}\n"
        "thresholds:\n{}",
        title_of(wish), wish.seed, wish.devices, wish.link, wish.family, wish.heartbeat, wish.has_tls,
        session.empty() ? "" : "session:\n", session, wish.ramp, rate, wish.hold, thresholds);
    check_scenario(scenario, origins_of(wish, rate));
    return scenario;
}

load::Shard shard_from(std::string const& option, std::optional<std::uint64_t> count,
                       std::function<std::string(char const* name)> const& variable) {
    if (!option.empty()) {
        auto const slash = option.find('/');
        auto const number = whole(std::string_view(option).substr(0, std::min(slash, option.size())));
        auto const of = slash == std::string::npos ? std::nullopt : whole(std::string_view(option).substr(slash + 1));
        if (!number || !of || *number == 0 || *number > *of || *of > k_shards_max) {
            throw std::invalid_argument("--shard takes a part and the number of parts, counted from 1: 2/5, not '" +
                                        option + "'");
        }
        if (count && *count != *of) {
            throw std::invalid_argument(
                fmt::format("--shard {} is a part of {}, and --shards says {}", option, *of, *count));
        }
        return {*number - 1, *of};
    }
    auto const count_from = [&](char const* name) { return count ? count : whole(variable(name)); };
    if (std::string const index = variable("JOB_COMPLETION_INDEX"); !index.empty()) {
        auto of = count_from("JOB_COMPLETION_COUNT");
        if (!of) { of = whole(variable("DRYDOCK_SHARDS")); }
        if (!whole(index)) { throw std::invalid_argument("JOB_COMPLETION_INDEX is no number: '" + index + "'"); }
        if (!of) {
            throw std::invalid_argument(
                "JOB_COMPLETION_INDEX says that this is one shard of several: say of how many, with --shards N or "
                "DRYDOCK_SHARDS");
        }
        return checked(*whole(index), *of, "JOB_COMPLETION_INDEX");
    }
    if (std::string const task = variable("SLURM_ARRAY_TASK_ID"); !task.empty()) {
        auto const of = count_from("SLURM_ARRAY_TASK_COUNT");
        std::uint64_t const first = whole(variable("SLURM_ARRAY_TASK_MIN")).value_or(0);
        if (!whole(task)) { throw std::invalid_argument("SLURM_ARRAY_TASK_ID is no number: '" + task + "'"); }
        if (*whole(task) < first) {
            throw std::invalid_argument(
                fmt::format("SLURM_ARRAY_TASK_ID is {}, below SLURM_ARRAY_TASK_MIN, {}", task, first));
        }
        if (!of) {
            throw std::invalid_argument(
                "SLURM_ARRAY_TASK_ID says that this is one shard of several: say of how many, with --shards N");
        }
        if (*whole(task) - first >= *of) {
            throw std::invalid_argument(
                fmt::format("SLURM_ARRAY_TASK_ID is {}, and the {} parts count from {}", task, *of, first));
        }
        return checked(*whole(task) - first, *of, "SLURM_ARRAY_TASK_ID");
    }
    bool const is_one_of_several =
        (count && *count != 1) || (!count && !variable("DRYDOCK_SHARDS").empty() && variable("DRYDOCK_SHARDS") != "1");
    if (is_one_of_several) {
        throw std::invalid_argument(
            "--shards or DRYDOCK_SHARDS says of how many: say which one this is, with --shard, "
            "JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID");
    }
    return {};
}

WallTime begin_from(std::string const& text) {
    if (text.starts_with("@")) {
        if (auto const seconds = whole(std::string_view(text).substr(1))) {
            return WallTime(std::chrono::seconds(*seconds));
        }
    }
    std::tm time{};
    char const* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
    if (end == nullptr || *end != '\0') {
        throw std::invalid_argument("--begin takes 2026-11-26T08:00:00Z or @ and seconds since 1970, not '" + text +
                                    "'");
    }
    return WallTime(std::chrono::seconds(::timegm(&time)));
}

}  // namespace drydock::rig
