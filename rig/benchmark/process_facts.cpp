#include "rig/benchmark/process_facts.h"

#include <drydock_commit.h>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <sys/utsname.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

std::vector<std::string> words_of(std::string const& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) { words.push_back(word); }
    return words;
}

}  // namespace

double cpu_seconds_of(int process_id) {
    std::ifstream file("/proc/" + std::to_string(process_id) + "/stat");
    std::string text;
    std::getline(file, text);
    // The name stands in brackets and may hold anything; the times are words 12 and 13 behind it.
    auto const after_name = text.rfind(')');
    if (after_name == std::string::npos) { return 0; }
    auto const words = words_of(text.substr(after_name + 1));
    if (words.size() < 13) { return 0; }
    return (std::stod(words[11]) + std::stod(words[12])) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double private_bytes_of(int process_id) {
    std::ifstream file("/proc/" + std::to_string(process_id) + "/smaps_rollup");
    double kilobytes = 0;
    for (std::string line; std::getline(file, line);) {
        auto const words = words_of(line);
        bool const counts = line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:");
        if (counts && words.size() >= 2) { kilobytes += std::stod(words[1]); }
    }
    return kilobytes * 1024;
}

NetCounters net_counters() {
    NetCounters counters;
    std::ifstream file("/proc/net/netstat");
    std::string names;
    std::string values;
    // Lines come in pairs: names, then values in the same order.
    while (std::getline(file, names) && std::getline(file, values)) {
        auto const name = words_of(names);
        auto const value = words_of(values);
        for (std::size_t i = 1; i < std::min(name.size(), value.size()); ++i) {
            if (name[i] == "ListenOverflows") { counters.listen_overflows += std::stoull(value[i]); }
            if (name[i] == "TCPSynRetrans") { counters.syn_retransmits += std::stoull(value[i]); }
        }
    }
    return counters;
}

std::string machine_text() {
    std::string model = "unknown processor";
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) {
            model = line.substr(line.find(':') + 2);
            break;
        }
    }
    utsname name{};
    ::uname(&name);
    return std::to_string(std::thread::hardware_concurrency()) + " x " + model + ", " + name.sysname + " " +
           name.release;
}

std::string compiler_text() {
#ifdef __clang__
    std::string const name = "clang ";
#else
    std::string const name = "g++ ";
#endif
#ifdef __OPTIMIZE__
    return name + __VERSION__ + ", optimized";
#else
    return name + __VERSION__ + ", not optimized";
#endif
}

std::string commit_text() { return k_commit; }

}  // namespace drydock::rig
