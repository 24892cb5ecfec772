#include "rig/bench/bench.h"

namespace drydock::rig {

std::vector<std::string_view> const& bench_names() {
    static std::vector<std::string_view> const names{"virtual", "loopback", "loopback-tls"};
    return names;
}

std::unique_ptr<Bench> make_bench(std::string_view name, BenchOptions const& options) {
    if (name == "virtual") { return make_virtual_bench(options); }
    if (name == "loopback") { return make_loopback_bench(options, Transport::plain); }
    if (name == "loopback-tls") { return make_loopback_bench(options, Transport::tls); }
    throw std::invalid_argument("no bench is called " + std::string(name));
}

}  // namespace drydock::rig
