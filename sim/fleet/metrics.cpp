#include "sim/fleet/metrics.h"

#include "server/base/check.h"
#include "sim/fleet/words.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace drydock::load {

namespace {

Metric times(std::string_view name, Latency latency, std::string_view text) {
    return {name, MetricKind::times, latency, {}, {}, {}, text};
}

Metric count(std::string_view name, Counter counted, Counter among, std::string_view text) {
    return {name, MetricKind::count, {}, {}, {counted}, among, text};
}

Metric ratio(std::string_view name, std::vector<Counter> counted, Counter among, std::string_view text) {
    return {name, MetricKind::ratio, {}, {}, std::move(counted), among, text};
}

Metric gauge(std::string_view name, MetricKind kind, Gauge gauge, std::string_view text) {
    return {name, kind, {}, gauge, {}, {}, text};
}

std::string format(char const* shape, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), shape, value);
    return text.data();
}

double unit_factor(std::string_view unit) {
    struct Unit {
        std::string_view name;
        double bytes;
    };
    static constexpr std::array k_units{
        Unit{"B", 1},           Unit{"kB", 1e3}, Unit{"KiB", 1024.0},      Unit{"MB", 1e6},
        Unit{"MiB", 1048576.0}, Unit{"GB", 1e9}, Unit{"GiB", 1073741824.0}};
    auto const found = std::find_if(k_units.begin(), k_units.end(), [&](Unit const& one) { return one.name == unit; });
    return found == k_units.end() ? 0 : found->bytes;
}

std::optional<Observed> observe_times(Histogram const& histogram, Aggregation const& aggregation) {
    if (histogram.count() == 0) { return std::nullopt; }
    using Kind = Aggregation::Kind;
    Duration value = histogram.percentile(aggregation.percent);
    if (aggregation.kind == Kind::max) { value = histogram.max(); }
    if (aggregation.kind == Kind::min) { value = histogram.min(); }
    if (aggregation.kind == Kind::mean) { value = histogram.mean(); }
    std::string text = print(value) + " of " + std::to_string(histogram.count());
    if (histogram.clamped_above() != 0) { text += ", " + std::to_string(histogram.clamped_above()) + " above an hour"; }
    return Observed{static_cast<double>(value.count()), text};
}

std::optional<Observed> observe_share(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) { return std::nullopt; }
    double const share = static_cast<double>(part) / static_cast<double>(whole);
    return Observed{share, print_share(share) + " (" + std::to_string(part) + " of " + std::to_string(whole) + ")"};
}

std::optional<Observed> observe_gauge(MetricKind kind, Samples const& samples, Aggregation const& aggregation) {
    if (samples.count == 0) { return std::nullopt; }
    using Kind = Aggregation::Kind;
    auto value = static_cast<double>(samples.greatest);
    if (aggregation.kind == Kind::min) { value = static_cast<double>(samples.least); }
    if (aggregation.kind == Kind::mean) {
        value = static_cast<double>(samples.sum) / static_cast<double>(samples.count);
    }
    if (kind == MetricKind::cores) { return Observed{value / 1e6, print_share(value / 1e6) + " of a core"}; }
    return Observed{value, format("%.4g MiB", value / 1048576.0)};
}

}  // namespace

std::span<Metric const> all_metrics() {
    static std::vector<Metric> const metrics{
        times("auth.latency", Latency::auth, "a login, from when it should have begun to its answer"),
        count("auth.accepted", Counter::auth_accepted, Counter::auth_started, "logins let in, and rightly so"),
        count("auth.refused_wrongly", Counter::auth_refused_wrongly, Counter::auth_started,
              "logins refused though the token is good"),
        count("auth.accepted_wrongly", Counter::auth_accepted_wrongly, Counter::auth_started,
              "logins let in though the token is not good"),
        ratio("auth.fail_ratio", {Counter::auth_refused_wrongly, Counter::auth_accepted_wrongly, Counter::auth_lost},
              Counter::auth_started,
              "of all logins, those refused wrongly, let in wrongly, or without an answer in time"),
        times("connect.latency", Latency::connect,
              "a connection, from its beginning until it stands; over TLS with its handshake"),
        ratio("connect.fail_ratio", {Counter::connect_failed}, Counter::connect_started,
              "of all connections begun, those refused, reset, or not there in time"),
        times("claim.latency", Latency::claim, "a claim, from the request to its answer"),
        ratio("claim.fail_ratio", {Counter::claim_failed}, Counter::claim_started,
              "of all claims, those refused or not answered in time"),
        count("claim.wrong_org", Counter::claim_wrong_org, Counter::claim_started,
              "claims after which the device was in another organization than it should be"),
        times("reconnect.latency", Latency::reconnect,
              "from the loss of a connection until the device is online again"),
        {"reconnect.recovered",
         MetricKind::recovered,
         Latency::reconnect,
         {},
         {},
         Counter::reconnect_lost,
         "of all devices that lost their connection, those online again; with `within`, those so soon"},
        times("cut_off.latency", Latency::cut_off,
              "from the answered removal of a token to the end of its device's connection"),
        times("messages.latency", Latency::messages, "a ping, from when it should have been sent to its answer"),
        ratio("messages.loss_ratio", {Counter::messages_lost}, Counter::messages_sent,
              "of all messages, those lost: a ping without an answer for 20 s, a report on a way that was dead"),
        ratio(
            "online.share", {Counter::online_seen}, Counter::online_expected,
            "of the devices that should be online, those that are; looked at each second; not those that still attach, "
            "have no power, share a token, or are meant to be turned away"),
        times("generator.late", Latency::generator_late,
              "how late the generator itself was; missed, the run is inconclusive; `p99` `le: 1ms` unless told"),
        gauge("generator.cpu", MetricKind::cores, Gauge::generator_cpu,
              "processor time of all workers together; on sockets only"),
        gauge("server.rss", MetricKind::bytes, Gauge::server_rss,
              "memory of the server; on sockets, of a server of our own"),
        gauge("server.cpu", MetricKind::cores, Gauge::server_cpu,
              "processor time of the server; on sockets, of a server of our own"),
    };
    return metrics;
}

Metric const* find_metric(std::string_view name) {
    auto const metrics = all_metrics();
    auto const found =
        std::find_if(metrics.begin(), metrics.end(), [&](Metric const& one) { return one.name == name; });
    return found == metrics.end() ? nullptr : &*found;
}

bool has_links(MetricKind kind) { return kind != MetricKind::bytes && kind != MetricKind::cores; }

std::optional<Aggregation> read_aggregation(std::string_view word) {
    using Kind = Aggregation::Kind;
    if (word == "max") { return Aggregation{Kind::max, 100}; }
    if (word == "min") { return Aggregation{Kind::min, 0}; }
    if (word == "mean") { return Aggregation{Kind::mean, 0}; }
    if (word == "sum") { return Aggregation{Kind::sum, 0}; }
    if (word == "share") { return Aggregation{Kind::share, 0}; }
    if (!word.starts_with('p')) { return std::nullopt; }
    auto const number = read_number(word.substr(1));
    if (!number || !number->rest.empty() || number->millionths <= 0 || number->millionths >= 100'000'000) {
        return std::nullopt;
    }
    return Aggregation{Kind::percentile, static_cast<double>(number->millionths) / 1e6};
}

std::optional<Aggregation> usual_aggregation(MetricKind kind) {
    switch (kind) {
        case MetricKind::times: return std::nullopt;
        case MetricKind::count: return read_aggregation("sum");
        case MetricKind::ratio:
        case MetricKind::recovered: return read_aggregation("share");
        case MetricKind::bytes:
        case MetricKind::cores: return read_aggregation("max");
    }
    DRYDOCK_UNREACHABLE();
}

bool fits(MetricKind kind, Aggregation const& aggregation) {
    using Kind = Aggregation::Kind;
    bool const is_extreme =
        aggregation.kind == Kind::max || aggregation.kind == Kind::min || aggregation.kind == Kind::mean;
    switch (kind) {
        case MetricKind::times: return is_extreme || aggregation.kind == Kind::percentile;
        case MetricKind::count: return aggregation.kind == Kind::sum;
        case MetricKind::ratio:
        case MetricKind::recovered: return aggregation.kind == Kind::share;
        case MetricKind::bytes:
        case MetricKind::cores: return is_extreme;
    }
    DRYDOCK_UNREACHABLE();
}

std::string_view fitting_aggregations(MetricKind kind) {
    switch (kind) {
        case MetricKind::times: return "p50, p99.9 or the like, max, min or mean";
        case MetricKind::count: return "sum";
        case MetricKind::ratio:
        case MetricKind::recovered: return "share";
        case MetricKind::bytes:
        case MetricKind::cores: return "max, min or mean";
    }
    DRYDOCK_UNREACHABLE();
}

std::optional<double> read_bound(MetricKind kind, std::string_view text) {
    auto const number = read_number(text);
    if (!number || text.starts_with('-')) { return std::nullopt; }
    switch (kind) {
        case MetricKind::times: {
            auto const duration = read_duration(text);
            return duration ? std::optional(static_cast<double>(duration->count())) : std::nullopt;
        }
        case MetricKind::count: {
            auto const count = read_count(text);
            return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
        }
        case MetricKind::ratio:
        case MetricKind::recovered:
        case MetricKind::cores: {
            // One division: 99.5 % and 199 of 200 are the same number.
            bool const is_percent = number->rest == "%" || (number->rest.empty() && number->millionths == 0);
            return is_percent ? std::optional(static_cast<double>(number->millionths) / 1e8) : std::nullopt;
        }
        case MetricKind::bytes: {
            double const factor = unit_factor(number->rest);
            return factor > 0 ? std::optional(static_cast<double>(number->millionths) / 1e6 * factor) : std::nullopt;
        }
    }
    DRYDOCK_UNREACHABLE();
}

std::string_view bound_example(MetricKind kind) {
    switch (kind) {
        case MetricKind::times: return "a time like 400ms";
        case MetricKind::count: return "a whole number like 0";
        case MetricKind::ratio:
        case MetricKind::recovered: return "a share like 99.5%";
        case MetricKind::bytes: return "a size like 600MiB";
        case MetricKind::cores: return "a share of one core like 80%";
    }
    DRYDOCK_UNREACHABLE();
}

std::optional<Observed> observe(Metric const& metric, Aggregation const& aggregation, std::optional<Duration> within,
                                Summary const& summary, Where const& where) {
    std::uint64_t counted = 0;
    for (Counter counter : metric.counted) { counted += summary.count(counter, where); }
    switch (metric.kind) {
        case MetricKind::times: return observe_times(summary.times(metric.latency, where), aggregation);
        case MetricKind::count:
            if (counted == 0 && summary.count(metric.among, where) == 0) { return std::nullopt; }
            return Observed{static_cast<double>(counted), std::to_string(counted)};
        case MetricKind::ratio: return observe_share(counted, summary.count(metric.among, where));
        case MetricKind::recovered: {
            Histogram const recovered = summary.times(metric.latency, where);
            return observe_share(within ? recovered.count_at_most(*within) : recovered.count(),
                                 summary.count(metric.among, where));
        }
        case MetricKind::bytes:
        case MetricKind::cores: return observe_gauge(metric.kind, summary.samples(metric.gauge, where), aggregation);
    }
    DRYDOCK_UNREACHABLE();
}

}  // namespace drydock::load
