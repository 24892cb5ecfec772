#include "rig/run/runner.h"

#include "rig/run/walk.h"
#include "server/base/spawn.h"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace drydock::rig {

namespace {

// Time for an interrupted or timed-out case to put its devices away.
constexpr auto k_teardown_max = std::chrono::seconds(10);
// Somebody waits at the terminal.
constexpr auto k_interrupted_teardown_max = std::chrono::milliseconds(1500);
constexpr auto k_look_at_server = std::chrono::milliseconds(20);
// A connection breaks before the process that held it is gone.
constexpr auto k_server_end_patience = std::chrono::milliseconds(300);

struct Play {
    bool is_done = false;
    std::string infrastructure;
};

awaitable<void> play(Walk& walk, Play& play) {
    bool is_raised = false;
    try {
        co_await walk.stage().raise();
        is_raised = true;
        co_await walk.blocks(walk.scenario().steps);
    } catch (std::exception const& e) { play.infrastructure = e.what(); }
    walk.begin_teardown(walk.is_whole() && play.infrastructure.empty());
    if (is_raised) {
        try {
            co_await walk.blocks(walk.scenario().teardown);
        } catch (std::exception const& e) {
            if (play.infrastructure.empty()) { play.infrastructure = std::string("teardown: ") + e.what(); }
        }
    }
    walk.stage().strike();
    play.is_done = true;
}

// Says how long a case may go on, and stops it when somebody or something asks for that.
class Watch {
public:
    Watch(Walk& walk, Bench& bench, RunnerOptions const& options)
        : walk_(walk),
          bench_(bench),
          options_(options),
          deadline_(bench.loop().clock.now() + walk.scenario().timeout),
          give_up_(deadline_ + k_teardown_max) {
        look_at(deadline_ + Duration(1));
    }

    [[nodiscard]] bool was_interrupted() const { return was_interrupted_; }

    [[nodiscard]] bool may_go_on() {
        TimePoint const now = bench_.loop().clock.now();
        if (!was_interrupted_ && options_.is_interrupted != nullptr && *options_.is_interrupted) {
            was_interrupted_ = true;
            stop("interrupted", now + k_interrupted_teardown_max);
        } else if (!is_stopping_ && now > deadline_) {
            stop("the scenario's timeout passed", give_up_);
        } else if (!is_stopping_ && now >= next_look_) {
            next_look_ = now + k_look_at_server;
            if (bench_.server_end(std::chrono::milliseconds(0))) {
                stop("the server under test ended", now + k_teardown_max);
            }
        }
        return now < give_up_;
    }

private:
    // Virtual time jumps to where something happens: then this does.
    void look_at(TimePoint when) {
        bench_.loop().clock.call_at(when, [] {});
    }

    void stop(std::string why, TimePoint give_up) {
        is_stopping_ = true;
        give_up_ = std::min(give_up_, give_up);
        look_at(give_up_);
        walk_.stop(std::move(why));
    }

    Walk& walk_;
    Bench& bench_;
    RunnerOptions const& options_;
    TimePoint deadline_;
    TimePoint give_up_;
    TimePoint next_look_{};
    bool is_stopping_ = false;
    bool was_interrupted_ = false;
};

std::string repeat_command(Scenario const& scenario, Bench const& bench, RunnerOptions const& options) {
    return "drydock run " + scenario.file + " --bench " + std::string(bench.name()) + " --seed " +
           std::to_string(options.seed) + options.more_options;
}

void add_events(report::CaseRecord& record, Bench& bench, Stage const& stage) {
    constexpr std::size_t k_events_max = 400;
    for (Event const& event : bench.events().events()) {
        if (record.events.size() >= k_events_max) { break; }
        report::EventRecord seen;
        seen.at_ms = std::chrono::duration<double, std::milli>(event.at.time_since_epoch()).count();
        seen.subject = event.subject;
        seen.kind = event.kind;
        for (auto const& [name, value] : event.fields) { seen.fields.emplace_back(name, stage.redacted(value)); }
        record.events.push_back(std::move(seen));
    }
}

}  // namespace

report::CaseRecord run_case(Scenario const& scenario, Bench& bench, std::span<Verb const> verbs,
                            RunnerOptions const& options) {
    report::CaseRecord record;
    record.id = scenario.id;
    record.title = scenario.title;
    record.file = scenario.file;
    record.bench = bench.name();
    record.seed = options.seed;
    record.reproduce = repeat_command(scenario, bench, options);
    Stage stage(bench, scenario);
    Walk walk(stage, scenario, verbs, record);
    TimePoint const start = bench.loop().clock.now();
    Play all;
    Watch watch(walk, bench, options);
    spawn(bench.loop().executor, "scenario", play(walk, all));
    bool const moved = bench.run_while([&] { return !all.is_done && watch.may_go_on(); });
    if (!all.is_done && !watch.was_interrupted()) {
        all.infrastructure = moved ? "the scenario did not end after its timeout"
                                   : "nothing can happen any more: " + bench.stall_report();
    }
    record.duration_ms = std::chrono::duration<double, std::milli>(bench.loop().clock.now() - start).count();
    if (bench.is_virtual()) { record.event_log_hash = bench.events().hash(); }
    bool const may_be_dead = !all.infrastructure.empty() || !walk.is_whole();
    auto const server_end = bench.server_end(may_be_dead ? k_server_end_patience : std::chrono::milliseconds(0));
    walk.finish(stage.redacted(all.infrastructure), stage.redacted(server_end.value_or("")));
    add_events(record, bench, stage);
    return record;
}

}  // namespace drydock::rig
