// A helper process of a benchmark: started with its output read or thrown away, ended with its
// object.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace drydock::rig {

class ChildProcess {
public:
    enum class Output { read, ignore };

    // Throws InfrastructureError when the program cannot be started.
    ChildProcess(std::filesystem::path const& program, std::vector<std::string> const& arguments, Output output);
    // SIGKILL: a helper has nothing to save.
    ~ChildProcess();
    ChildProcess(ChildProcess const&) = delete;
    ChildProcess& operator=(ChildProcess const&) = delete;

    [[nodiscard]] int process_id() const;
    [[nodiscard]] bool is_running();
    // The next line it prints; empty when it ended.
    [[nodiscard]] std::string line();
    // Waits for its end and gives its exit code.
    [[nodiscard]] int wait();
    void end();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace drydock::rig
