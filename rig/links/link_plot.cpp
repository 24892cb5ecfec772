#include "rig/links/links.h"
#include "sim/link/draws.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace drydock::rig {

namespace {

constexpr std::uint64_t k_seed = 1;
constexpr std::uint64_t k_samples = 40'000;
constexpr std::size_t k_packet_bytes = 100;  // one segment each way
constexpr int k_points = 48;

constexpr double k_left = 64;
constexpr double k_right = 548;
constexpr double k_top = 62;
constexpr double k_bottom = 272;
constexpr double k_tails = 3;  // powers of ten: up to 99.9 %
constexpr double k_least_ms = 10;
constexpr double k_decades = 5;  // up to 1,000 s

constexpr std::string_view k_style =
    "<style>text{font:12px system-ui,sans-serif;fill:#4f5d6b}.t{font-size:15px;font-weight:700;fill:#15202b}"
    ".b{fill:#fff}.g{stroke:#d9dfe6}path{fill:none;stroke-width:2}.a{stroke:#6d28a8}.r{stroke:#0a58a6}"
    ".l{stroke:#b45309;stroke-dasharray:5 4}.d{fill:none;stroke:#15202b;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#a3b0bd}.t{fill:#e7ecf2}.b{fill:#171e26}.g{stroke:#2c3743}"
    ".a{stroke:#c9a2f5}.r{stroke:#7cbcff}.l{stroke:#f3bf66}.d{stroke:#e7ecf2}}</style>\n";

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// `tail` is the part above the percentile: 0.5 for the median.
double x_of(double tail) { return k_left + (k_right - k_left) * -std::log10(tail) / k_tails; }

double y_of(double ms) {
    double const at = std::clamp(std::log10(std::max(ms, k_least_ms) / k_least_ms) / k_decades, 0.0, 1.0);
    return k_bottom - (k_bottom - k_top) * at;
}

std::string path_of(std::vector<Duration> samples, std::string_view kind) {
    std::sort(samples.begin(), samples.end());
    std::string out = fmt::format("<path class=\"{}\" d=\"", kind);
    for (int i = 0; i <= k_points; ++i) {
        double const tail = std::pow(10, -k_tails * i / k_points);
        auto const below = static_cast<std::size_t>(static_cast<double>(samples.size()) * (1 - tail));
        Duration const value = samples[std::min(below, samples.size() - 1)];
        out += fmt::format("{}{:.0f} {:.1f}", i == 0 ? "M" : "L", x_of(tail), y_of(milliseconds(value)));
    }
    return out + "\"/>\n";
}

std::string axes() {
    std::string out;
    constexpr std::array<std::string_view, 6> times{"10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s"};
    for (std::size_t i = 0; i < times.size(); ++i) {
        double const y = y_of(k_least_ms * std::pow(10, static_cast<double>(i)));
        out += fmt::format("<line class=\"g\" x1=\"{0:.0f}\" x2=\"{1:.0f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>", k_left,
                           k_right, y);
        out +=
            fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", k_left - 6, y + 4, times[i]);
    }
    constexpr std::array<std::pair<double, std::string_view>, 5> tails{
        {{0.5, "50%"}, {0.1, "90%"}, {0.05, "95%"}, {0.01, "99%"}, {0.001, "99.9%"}}};
    for (auto const& [tail, text] : tails) {
        out += fmt::format("<line class=\"g\" x1=\"{0:.0f}\" x2=\"{0:.0f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\"/>",
                           x_of(tail), k_top, k_bottom);
        out += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"middle\">{}</text>\n", x_of(tail),
                           k_bottom + 17, text);
    }
    return out;
}

// Where the profile says that its curve goes through.
std::string promises(Spread const& spread) {
    std::string out;
    for (auto const& [tail, value] : {std::pair(0.5, spread.p50), std::pair(0.05, spread.p95)}) {
        out += fmt::format("<circle class=\"d\" cx=\"{:.0f}\" cy=\"{:.1f}\" r=\"4\"/>", x_of(tail),
                           y_of(milliseconds(value)));
    }
    return out + "\n";
}

std::string legend() {
    std::string out;
    double x = k_left;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> lines{
        {{"a", "attach"}, {"r", "round trip"}, {"l", "round trip with losses"}}};
    for (auto const& [kind, text] : lines) {
        out += fmt::format("<path class=\"{}\" d=\"M{:.0f} 306h22\"/><text x=\"{:.0f}\" y=\"310\">{}</text>", kind, x,
                           x + 28, text);
        x += 44 + 6 * static_cast<double>(text.size());
    }
    return out + fmt::format(
                     "<circle class=\"d\" cx=\"{:.0f}\" cy=\"306\" r=\"4\"/><text x=\"{:.0f}\" y=\"310\">"
                     "in the profile</text>\n",
                     x + 4, x + 14);
}

std::string figures(LinkProfile const& link) {
    std::string out = fmt::format("up {}, down {}, loss {:g}%", rate_text(link.up_bytes), rate_text(link.down_bytes),
                                  static_cast<double>(link.loss_millionths) / 10'000);
    if (link.nat_idle > Duration::zero()) { out += ", NAT forgets after " + duration_text(link.nat_idle); }
    if (link.psm_sleep > Duration::zero()) { out += ", sleeps after " + duration_text(link.psm_awake); }
    return out;
}

}  // namespace

std::string link_plot(LinkProfile const& link) {
    std::vector<Duration> round_trips;
    std::vector<Duration> attaches;
    draw_samples(
        link, k_seed, k_samples, [&](Duration value) { round_trips.push_back(value); },
        [&](Duration value) { attaches.push_back(value); });
    std::vector<Duration> with_losses = round_trips;
    Draws draws(k_seed);
    for (Duration& value : with_losses) {
        for (int way = 0; way < 2; ++way) { value += draw_loss(link, k_packet_bytes, draws); }
    }
    std::string const said =
        fmt::format("Attach time and round trip of the link {} by percentile, logarithmic.", link.name);
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 580 322\" role=\"img\">\n";
    out += fmt::format("<title>{}</title><desc>{} {}.</desc>\n", link.name, said, figures(link));
    out += k_style;
    out += "<rect class=\"b\" width=\"580\" height=\"322\" rx=\"10\"/>\n";
    out += fmt::format("<text class=\"t\" x=\"{0:.0f}\" y=\"26\">{1}</text><text x=\"{0:.0f}\" y=\"46\">{2}</text>\n",
                       k_left, link.name, figures(link));
    out += axes() + path_of(attaches, "a") + path_of(round_trips, "r") + path_of(with_losses, "l");
    return out + promises(link.attach) + promises(link.round_trip) + legend() + "</svg>\n";
}

}  // namespace drydock::rig
