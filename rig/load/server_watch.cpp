#include "rig/load/server_watch.h"

#include <algorithm>
#include <chrono>

namespace drydock::rig {

std::optional<ServerLook> ServerWatch::look(int process_id, TimePoint now) {
    bool const is_known = process_id == process_id_;
    if (is_known && now - at_ < k_least_interval) { return std::nullopt; }
    double const cpu = cpu_seconds_of(process_id);
    double const rss = private_bytes_of(process_id);
    bool const is_same = is_known && rss > 0;
    double const elapsed = std::chrono::duration<double>(is_known ? now - at_ : k_least_interval).count();
    ServerLook const look{std::max(0.0, (cpu - cpu_seconds_) / elapsed), rss};
    process_id_ = process_id;
    cpu_seconds_ = cpu;
    at_ = now;
    return is_same ? std::optional(look) : std::nullopt;
}

void KernelWatch::add_to(GeneratorFacts& facts) const {
    NetCounters const now = net_counters();
    facts.has_sockets = true;
    facts.listen_overflows = now.listen_overflows - before_.listen_overflows;
}

}  // namespace drydock::rig
