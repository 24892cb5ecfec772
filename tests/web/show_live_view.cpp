// show_live_view [COUNT]: serves a made-up run, ten of its seconds in each second, until the input ends. With
// COUNT, as many ticks are there from the beginning and no more come; after 320 the run is over.
#include "reports/load_sample.h"
#include "rig/web/live_view.h"

#include <cstdio>
#include <cstdlib>
#include <poll.h>

#include <unistd.h>

namespace {

// Whether the input ended within so long.
bool has_ended(int milliseconds) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    char byte = 0;
    return ::poll(&input, 1, milliseconds) == 1 && ::read(STDIN_FILENO, &byte, 1) <= 0;
}

}  // namespace

int main(int argc, char** argv) {
    auto const run = drydock::report::test::load_sample();
    auto const& load = *run.cases.front().load;
    drydock::rig::LiveView view({});
    view.set_meta(
        {run.cases.front().title, load.machine, load.devices, load.workers, load.phases, load.heat_bounds_ms});
    std::printf("%s\n", view.address().c_str());
    std::fflush(stdout);
    std::size_t const at_once = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 0;
    for (std::size_t i = 0; i < load.ticks.size(); ++i) {
        if (argc > 1 && i >= at_once) { break; }
        for (auto const& event : load.events) {
            if (event.at_s > load.ticks[i].at_s - 1 && event.at_s <= load.ticks[i].at_s) { view.add(event); }
        }
        view.add(load.ticks[i]);
        if (argc <= 1 && has_ended(100)) { return 0; }
        if (i + 1 == load.ticks.size()) { view.finish(load.verdict, load.sentence); }
    }
    while (!has_ended(-1)) {}
    return 0;
}
