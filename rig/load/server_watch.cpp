#include "rig/load/server_watch.h"

#include <algorithm>
#include <chrono>

namespace drydock::rig {

std::optional<ServerLook> ServerWatch::look(int process_id, TimePoint now) {
    double const cpu = cpu_seconds_of(process_id);
    double const rss = private_bytes_of(process_id);
    double const elapsed = std::chrono::duration<double>(now - at_).count();
    bool const is_same = process_id == process_id_ && rss > 0 && elapsed > 0;
    ServerLook const look{std::max(0.0, (cpu - cpu_seconds_) / std::max(elapsed, 1e-9)), rss};
    process_id_ = process_id;
    cpu_seconds_ = cpu;
    at_ = now;
    return is_same ? std::optional(look) : std::nullopt;
}

void KernelWatch::add_to(GeneratorFacts& facts) const {
    NetCounters const now = net_counters();
    facts.has_sockets = true;
    facts.listen_overflows = now.listen_overflows - before_.listen_overflows;
    facts.syn_retransmits = now.syn_retransmits - before_.syn_retransmits;
}

}  // namespace drydock::rig
