#include "rig/links/links.h"

#include <fmt/format.h>

namespace drydock::rig {

std::string duration_text(Duration duration) {
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    if (ms < 1000) { return fmt::format("{} ms", ms); }
    if (ms < 60'000) {
        return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000)
                              : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
    }
    auto const minutes = ms / 60'000;
    if (minutes < 60) { return fmt::format("{} min", minutes); }
    return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60)
                             : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string rate_text(std::uint64_t bytes_per_second) {
    if (bytes_per_second == 0) { return "no limit"; }
    double const bits = static_cast<double>(bytes_per_second) * 8;
    return bits >= 1e6 ? fmt::format("{:g} Mbit/s", bits / 1e6) : fmt::format("{:g} kbit/s", bits / 1e3);
}

std::string link_table(std::span<LinkProfile const> links) {
    constexpr auto line = "{:<10} {:>18} {:>16} {:>11} {:>11} {:>7} {:>7} {:>12} {:>15}  {}\n";
    std::string out = fmt::format(fmt::runtime(line), "link", "round trip p50/95", "attach p50/95", "up", "down",
                                  "loss", "again", "NAT forgets", "sleeps", "bytes");
    for (LinkProfile const& link : links) {
        auto const spread = [](Spread const& one) { return duration_text(one.p50) + "/" + duration_text(one.p95); };
        bool const sleeps = link.psm_sleep > Duration::zero();
        out += fmt::format(
            fmt::runtime(line), link.name, spread(link.round_trip), spread(link.attach), rate_text(link.up_bytes),
            rate_text(link.down_bytes), fmt::format("{:g}%", static_cast<double>(link.loss_millionths) / 10'000),
            duration_text(link.retransmit), link.nat_idle > Duration::zero() ? duration_text(link.nat_idle) : "never",
            sleeps ? duration_text(link.psm_sleep) + " after " + duration_text(link.psm_awake) : "never",
            link.is_metered ? "counted" : "not counted");
    }
    return out;
}

}  // namespace drydock::rig
