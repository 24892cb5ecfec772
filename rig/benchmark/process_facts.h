// What the kernel tells about another process and about the machine, and what this program was
// built from: for figures and for their headings.
#pragma once

#include <cstdint>
#include <string>

namespace drydock::rig {

// CPU time of a process so far, in seconds (the kernel counts in ticks of 10 ms).
[[nodiscard]] double cpu_seconds_of(int process_id);
// Memory only this process has, in bytes; 0 when it is gone.
[[nodiscard]] double private_bytes_of(int process_id);

// Counters of the whole machine since its start: read twice, subtract.
struct NetCounters {
    std::uint64_t listen_overflows = 0;  // a door's queue was full, or a connection lost there
    std::uint64_t syn_retransmits = 0;   // a connect had to ask again, or was answered again
};
[[nodiscard]] NetCounters net_counters();

// "2 x AMD EPYC …, Linux 6.1"
[[nodiscard]] std::string machine_text();
// "g++ 12.2.0, optimized"
[[nodiscard]] std::string compiler_text();
// The commit this program was built from, "c5b8916…" or "c5b8916… with changes", or "unknown".
[[nodiscard]] std::string commit_text();

}  // namespace drydock::rig
