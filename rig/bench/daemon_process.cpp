#include "rig/bench/daemon_process.h"

#include "rig/bench/bench.h"
#include "rig/bench/own_folder.h"
#include "rig/bench/process_end.h"
#include "server/base/bytes.h"

#include <boost/json.hpp>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>

#include <array>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

namespace process = boost::process;
constexpr auto k_start_max = std::chrono::seconds(20);
constexpr auto k_end_max = std::chrono::seconds(10);
constexpr auto k_interrupted_end_max = std::chrono::seconds(1);
constexpr std::size_t k_log_end_bytes = 600;

std::string end_of(std::filesystem::path const& log) {
    std::ifstream file(log);
    std::stringstream text;
    text << file.rdbuf();
    std::string const all = text.str();
    if (all.size() <= k_log_end_bytes) { return all; }
    auto const line = all.find('\n', all.size() - k_log_end_bytes);
    return all.substr(line == std::string::npos ? all.size() - k_log_end_bytes : line + 1);
}

// Runs in the new process. A group of its own: Ctrl-C at the terminal is for the rig, which ends the server in
// order. And the server never outlives the rig, not even one that dies before the server could ask for that.
void leave_terminal_and_follow(pid_t rig) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != rig) { ::_exit(1); }
}

}  // namespace

struct DaemonProcess::State {
    OwnFolder own{"drydock-bench"};  // here, so that a start that fails leaves no folder behind either
    std::filesystem::path folder = own.path();
    std::filesystem::path log;
    std::string password;
    process::child child;
    std::uint16_t plain = 0;
    std::uint16_t secure = 0;
    std::string authority;
    std::filesystem::path program;
    FaultyServer faulty = FaultyServer::none;
    std::atomic<bool> const* is_interrupted = nullptr;

    [[nodiscard]] bool must_hurry() const { return is_interrupted != nullptr && *is_interrupted; }
    void spawn();
    void wait_until_open();
};

DaemonProcess::DaemonProcess(DaemonProcessOptions options) : state_(std::make_unique<State>()) {
    State& state = *state_;
    state.log = options.log.empty() ? state.folder / "drydockd.log" : options.log;
    SystemEntropy entropy;
    std::array<std::byte, 18> bytes{};
    entropy.fill(bytes);
    state.password = to_base64url(bytes);
    auto const password_file = state.folder / "setup-password";
    std::ofstream(password_file) << state.password << '\n';
    std::filesystem::permissions(password_file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    state.program = options.program;
    state.faulty = options.faulty;
    state.is_interrupted = options.is_interrupted;
    if (options.prepare) { options.prepare(state.folder / "data", Secret(state.password)); }
    state.spawn();
    state.wait_until_open();
}

void DaemonProcess::State::spawn() {
    auto const at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
    std::filesystem::remove(folder / "ports.json");
    auto const set_up = [rig = ::getpid()](auto const&) { leave_terminal_and_follow(rig); };
    try {
        child = process::child(program.string(), "--data", (folder / "data").string(), "--listen", at(plain),
                               "--listen-tls", at(secure), "--setup-password-file",
                               (folder / "setup-password").string(), "--ports-file", (folder / "ports.json").string(),
                               "--allow-faults", "--end-with-parent", "--faulty", std::string(to_text(faulty)),
                               (process::std_in < process::null), (process::std_out > process::null),
                               (process::std_err > log.string()), process::extend::on_exec_setup(set_up));
    } catch (process::process_error const& e) {
        throw InfrastructureError("cannot start " + program.string() + ": " + e.what());
    }
}

void DaemonProcess::State::wait_until_open() {
    auto const ports_file = folder / "ports.json";
    auto const give_up = std::chrono::steady_clock::now() + k_start_max;
    while (!std::filesystem::exists(ports_file)) {
        if (must_hurry()) { throw InterruptedError("interrupted while the server under test started"); }
        if (!child.running() || std::chrono::steady_clock::now() > give_up) {
            throw InfrastructureError("the server under test did not open its ports. Its last words:\n" + end_of(log));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::ifstream file(ports_file);
    std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    auto const ports = boost::json::parse(text);
    plain = ports.at("plain").to_number<std::uint16_t>();
    secure = ports.at("tls").to_number<std::uint16_t>();
    authority = ports.at("ca").as_string().c_str();
}

void DaemonProcess::kill() {
    signal(SIGKILL);
    std::error_code ignored;
    state_->child.wait(ignored);
}

void DaemonProcess::start_again() {
    state_->spawn();
    state_->wait_until_open();
}

void DaemonProcess::stop() {
    std::error_code ignored;  // it may have ended by itself
    if (!state_->child.valid() || !state_->child.running(ignored)) { return; }
    signal(SIGTERM);
    auto const patience = state_->must_hurry() ? k_interrupted_end_max : k_end_max;
    if (!ended_within(state_->child, patience)) { state_->child.terminate(ignored); }
    state_->child.wait(ignored);
}

DaemonProcess::~DaemonProcess() { stop(); }

std::uint16_t DaemonProcess::plain_port() const { return state_->plain; }
std::uint16_t DaemonProcess::secure_port() const { return state_->secure; }
std::filesystem::path DaemonProcess::authority() const { return state_->authority; }
std::string DaemonProcess::setup_password() const { return state_->password; }
std::filesystem::path DaemonProcess::setup_password_file() const { return state_->folder / "setup-password"; }
int DaemonProcess::process_id() const { return state_->child.id(); }

void DaemonProcess::signal(int number) const {
    std::error_code ignored;
    // An ended child's number may be somebody else's by now.
    if (state_->child.running(ignored)) { ::kill(state_->child.id(), number); }
}

std::optional<std::string> DaemonProcess::end_report(std::chrono::milliseconds patience) const {
    if (!ended_within(state_->child, patience)) { return std::nullopt; }
    return end_text(state_->child.native_exit_code()) + ". The end of its log:\n" + end_of(state_->log);
}

std::filesystem::path default_daemon_program() {
    std::error_code failure;
    auto const self = std::filesystem::read_symlink("/proc/self/exe", failure);
    return failure ? std::filesystem::path("drydockd") : self.parent_path() / "drydockd";
}

}  // namespace drydock::rig
