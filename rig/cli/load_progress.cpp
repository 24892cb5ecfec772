#include "rig/cli/load_progress.h"

#include "rig/cli/tell.h"

#include <fmt/format.h>

#include <cstdio>

#include <unistd.h>

namespace drydock::rig {

namespace {

constexpr Duration k_plain_every = std::chrono::seconds(5);

std::string clock_text(Duration duration) {
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    if (seconds >= 3600) { return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60); }
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace

std::string progress_text(LoadProgress const& progress) {
    report::LoadTick const& tick = progress.tick;
    Duration const left = std::max(Duration{}, progress.end - progress.at);
    // Where nobody logged in there is no latency.
    std::string const latency =
        tick.accepted == 0 ? "" : fmt::format(" p50 {:.0f} ms p99 {:.0f} ms", tick.auth_p50_ms, tick.auth_p99_ms);
    return fmt::format("[{} {}/{}] online {}/{}, arrived {}, logins {}/s{}, errors {}, ETA {}", progress.phase,
                       clock_text(progress.at), clock_text(progress.end), tick.online, progress.devices,
                       progress.arrived, tick.accepted, latency, progress.errors, clock_text(left));
}

LoadProgressLine::~LoadProgressLine() { end_line(); }

void LoadProgressLine::end_line() {
    if (is_open_) { tell("\n"); }
    is_open_ = false;
}

void LoadProgressLine::step(std::string const& text) {
    if (form_ == Form::none) { return; }
    end_line();
    tell("{}\n", text);
}

void LoadProgressLine::show(LoadProgress const& progress) {
    if (form_ == Form::none) { return; }
    if (form_ == Form::in_place) {
        tell("\r\x1b[K{}", progress_text(progress));
        std::fflush(stderr);
        is_open_ = true;
        return;
    }
    bool const is_last = progress.at >= progress.end && shown_ < progress.end;
    if (progress.at < shown_ + k_plain_every && !is_last) { return; }
    shown_ = progress.at;
    tell("{}\n", progress_text(progress));
}

LoadProgressLine::Form progress_form(bool is_quiet) {
    if (is_quiet) { return LoadProgressLine::Form::none; }
    return ::isatty(STDERR_FILENO) == 1 ? LoadProgressLine::Form::in_place : LoadProgressLine::Form::plain;
}

}  // namespace drydock::rig
