#include "rig/cli/run_record.h"

#include "reports/write/page.h"
#include "reports/write/write.h"
#include "rig/cli/help.h"
#include "rig/cli/tell.h"
#include "rig/cli/text_file.h"
#include "rig/record/load_recorder.h"
#include "rig/record/load_rows.h"
#include "rig/scenario/catalogue.h"
#include "sim/fleet/thresholds.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <sys/utsname.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

bool is_only_a_threshold(report::CaseRecord const& one) {
    if (!one.load || one.load->verdict != report::Verdict::fail) { return false; }
    if (one.load->ended_early == report::k_server_ended) { return false; }
    auto const summary = summary_of(one.load->rows);
    return summary && !has_wrong_answers(*summary);
}

}  // namespace

report::RunRecord begin_run_record(std::string command_line, std::uint64_t seed) {
    report::RunRecord run;
    run.version = DRYDOCK_VERSION;
    run.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                              fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
    run.command = std::move(command_line);
    utsname name{};
    ::uname(&name);
    run.system = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
    run.compiler = "C++ " __VERSION__;
    run.seed = seed;
    return run;
}

void finish_run_record(report::RunRecord& run, ReportFolder const& folder) {
    std::filesystem::path const& output = folder.path;
    report::judge(run, load_catalogue(report::catalogue_text()));
    write_text(output / "run.json", report::write_json(run));
    write_text(output / "junit.xml", report::write_junit(run));
    write_text(output / "report.html", report::write_html(run));
    write_text(output / "summary.md", report::write_markdown(run));
    if (folder.is_latest) { point_latest_at(output); }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
    bool const is_colored = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    auto const color = is_colored ? report::Color::yes : report::Color::no;
    show("{}", report::write_terminal(run, color, program_name()));
    show("report:  {}\n", std::filesystem::absolute(output / "report.html").string());
}

Exit exit_of(report::RunRecord const& run) {
    auto const has = [&run](auto is_so) { return std::any_of(run.cases.begin(), run.cases.end(), is_so); };
    auto const is_fail = [](report::CaseRecord const& one) { return one.verdict == report::Verdict::fail; };
    if (has([&](report::CaseRecord const& one) { return is_fail(one) && !is_only_a_threshold(one); })) {
        return Exit::failed;
    }
    if (has(is_fail)) { return Exit::threshold; }
    if (has([](report::CaseRecord const& one) { return one.is_scenario_at_fault; })) { return Exit::usage; }
    return report::is_passed(run.verdict) ? Exit::passed : Exit::infrastructure;
}

}  // namespace drydock::rig
