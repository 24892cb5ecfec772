#include "rig/benchmark/child_process.h"

#include "rig/bench/bench.h"

#include <boost/process.hpp>

namespace drydock::rig {

namespace process = boost::process;

struct ChildProcess::State {
    process::ipstream lines;
    process::child child;
};

ChildProcess::ChildProcess(std::filesystem::path const& program, std::vector<std::string> const& arguments,
                           Output output)
    : state_(std::make_unique<State>()) {
    try {
        if (output == Output::read) {
            state_->child = process::child(program.string(), process::args(arguments),
                                           process::std_in<process::null, process::std_out> state_->lines);
        } else {
            state_->child = process::child(program.string(), process::args(arguments),
                                           process::std_in<process::null, process::std_out> process::null,
                                           process::std_err > process::null);
        }
    } catch (process::process_error const& e) {
        throw InfrastructureError("cannot start " + program.string() + ": " + e.what());
    }
}

ChildProcess::~ChildProcess() { end(); }

int ChildProcess::process_id() const { return state_->child.id(); }

bool ChildProcess::is_running() {
    std::error_code ignored;
    return state_->child.running(ignored);
}

std::string ChildProcess::line() {
    std::string text;
    std::getline(state_->lines, text);
    return text;
}

int ChildProcess::wait() {
    std::error_code ignored;
    state_->child.wait(ignored);
    return state_->child.exit_code();
}

void ChildProcess::end() {
    std::error_code ignored;
    if (!state_->child.valid() || !state_->child.running(ignored)) { return; }
    state_->child.terminate(ignored);
    state_->child.wait(ignored);
}

}  // namespace drydock::rig
