#include "rig/cli/report_command.h"

#include "reports/read/read.h"
#include "rig/cli/guarded.h"
#include "rig/cli/help.h"
#include "rig/cli/interrupt.h"
#include "rig/cli/load_case.h"
#include "rig/cli/run_record.h"
#include "rig/record/load_merge.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

namespace drydock::rig {

namespace {

struct MergeCommand {
    std::filesystem::path output;
    std::vector<std::filesystem::path> folders;
};

std::string text_of(std::filesystem::path const& record) {
    std::ifstream file(record);
    if (!file) { throw std::invalid_argument("cannot read " + record.string() + ": give the folders of the shards"); }
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::filesystem::path record_in(std::filesystem::path const& folder) {
    return std::filesystem::is_directory(folder) ? folder / "run.json" : folder;
}

report::RunRecord run_in(std::filesystem::path const& folder) {
    std::filesystem::path const path = record_in(folder);
    report::ReadResult read = report::read_run(text_of(path));
    if (!read.run) { throw std::invalid_argument(path.string() + ": " + read.error); }
    auto const loads = std::count_if(read.run->cases.begin(), read.run->cases.end(),
                                     [](report::CaseRecord const& one) { return one.load.has_value(); });
    if (loads != 1 || read.run->cases.size() != 1) {
        throw std::invalid_argument(fmt::format("{} holds {} load runs of {} cases: one shard is one load run",
                                                path.string(), loads, read.run->cases.size()));
    }
    return std::move(*read.run);
}

// Only an earlier whole of these parts is written over: not a part, whose folder stands first when that of the whole
// was left out, and no other run.
void must_be_of_the_whole(MergeCommand const& command, report::CaseRecord const& whole) {
    std::filesystem::path const& output = command.output;
    if (!std::filesystem::exists(output / "run.json")) { return; }
    auto const read = report::read_run(text_of(record_in(output)));
    if (!read.run) {
        throw std::invalid_argument(fmt::format("{} holds a run.json that cannot be read ({}): name another folder",
                                                output.string(), read.error));
    }
    auto const& cases = read.run->cases;
    bool const is_of_this_run = cases.size() == 1 && cases.front().load && cases.front().id == whole.id &&
                                cases.front().title == whole.title && cases.front().seed == whole.seed &&
                                cases.front().load->shards.front().of > 1;
    if (!is_of_this_run) {
        throw std::invalid_argument(output.string() + " holds the report of another run: name another folder");
    }
    auto const& shards = cases.front().load->shards;
    bool const has_all =
        std::ranges::all_of(shards, [&](auto const& one) { return std::ranges::count(whole.load->shards, one) > 0; });
    bool const is_a_part = std::ranges::any_of(command.folders, [&](auto const& folder) {
        return std::filesystem::equivalent(record_in(folder), record_in(output));
    });
    if (!is_a_part && has_all) { return; }
    throw std::invalid_argument(
        fmt::format("{} holds part {} of {}: first name a folder for the whole, then those of all the parts",
                    output.string(), shards.front().index + 1, shards.front().of));
}

Exit merge_folders(MergeCommand const& command, std::string const& command_line) {
    // Its words may go to a pipe that is closed; the reports matter more.
    static_cast<void>(watch_for_interrupt());
    std::vector<report::LoadRecord> shards;
    report::RunRecord run;
    for (std::filesystem::path const& folder : command.folders) {
        report::RunRecord one = run_in(folder);
        shards.push_back(*one.cases.front().load);
        if (shards.size() == 1) {
            run = begin_run_record(command_line, one.seed);
            run.started = one.started;
            run.cases.push_back(std::move(one.cases.front()));
            run.cases.front().events.clear();
            continue;
        }
        run.started = std::min(run.started, one.started);
        report::CaseRecord& merged = run.cases.front();
        check_same_case(merged, one.cases.front(), shards.size());
        merged.duration_ms = std::max(merged.duration_ms, one.cases.front().duration_ms);
        merged.wall_ms = std::max(merged.wall_ms, one.cases.front().wall_ms);
    }
    report::CaseRecord& merged = run.cases.front();
    merged.load = merge(shards);
    must_be_of_the_whole(command, merged);
    merged.event_log_hash.reset();
    // With parts missing the same command would say the same.
    bool const is_whole = merged.load->shards.size() == merged.load->shards.front().of;
    merged.reproduce = is_whole ? command_line : std::string();
    merged.message = merged.load->sentence;
    merged.verdict = merged.load->verdict;
    for (report::StepRecord& step : merged.steps) { step.verdict = merged.verdict; }
    run.wall_ms = merged.wall_ms;
    finish_run_record(run, {command.output, false});
    return exit_of(run);
}

std::string merge_help_end() {
    return help_end({"report merge out/all out/1 out/2 out/3 out/4"},
                    {Exit::passed,
                     Exit::failed,
                     Exit::internal,
                     {Exit::usage, "usage: a wrong option, or folders that are no shards of one run"},
                     {Exit::infrastructure, "no verdict, as parts are missing; or the report could not be written"},
                     Exit::threshold},
                    "Counts and histograms are added, percentiles and thresholds follow from them. The verdict is\n"
                    "INCONCLUSIVE while shards are missing.");
}

}  // namespace

void add_report(CLI::App& app, std::string const& command_line, int& code) {
    auto* report = app.add_subcommand("report", "Work with the records of runs");
    report->require_subcommand(1);
    auto command = std::make_shared<MergeCommand>();
    auto* merge = report->add_subcommand("merge", "Put the shards of a load run together: one record, its reports");
    report->footer(merge_help_end());
    merge->footer(merge_help_end());
    merge->add_option("output", command->output, "Folder of the merged report")->required()->check(why_no_folder);
    merge->add_option("folders", command->folders, "Folders of the shards, each with its run.json")->required();
    merge->callback([command, &command_line, &code] {
        code = guarded("report merge", [&] { return merge_folders(*command, command_line); });
    });
}

}  // namespace drydock::rig
