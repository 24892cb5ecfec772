// Plain logins on real sockets (plain_logins.h), to be counted by callgrind: no busy machine can blur
// instructions.
#include "tests/benchmark/plain_logins.h"

#include "tests/benchmark/process_figures.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

int main(int argc, char** argv) {
    CLI::App app{
        "Plain logins for callgrind: the cost of one is the difference of two counts.\nExample:\n"
        "  valgrind --tool=callgrind plain_logins --rounds 200"};
    std::size_t rounds = 200;
    std::size_t at_once = 64;
    app.add_option("--rounds", rounds, "Rounds in which all devices connect, log in and close")->capture_default_str();
    app.add_option("--at-once", at_once, "Devices of a round")->check(CLI::Range(1, 4000))->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    drydock::bench::raise_descriptor_limit();
    try {
        drydock::bench::PlainLogins logins(at_once);
        for (std::size_t round = 0; round < rounds; ++round) { logins.round(); }
    } catch (std::exception const& e) {
        fmt::print(stderr, "plain_logins: {}\n", e.what());
        return 6;
    }
    fmt::print("{} logins, {} at once\n", rounds * at_once, at_once);
    return 0;
}
