#include "rig/benchmark/peers.h"

#include "rig/bench/bench.h"

#include <boost/process.hpp>

#include <arpa/inet.h>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <thread>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

namespace process = boost::process;

class LimitServer final : public Peer {
public:
    explicit LimitServer(std::filesystem::path const& program) {
        process::ipstream lines;
        try {
            child_ = process::child(program.string(), "benchmark", "limit-server", process::std_out > lines);
        } catch (process::process_error const& e) {
            throw InfrastructureError("cannot start the limit server: " + std::string(e.what()));
        }
        if (!(lines >> port_)) { throw InfrastructureError("the limit server does not listen"); }
    }
    ~LimitServer() override {
        std::error_code ignored;
        child_.terminate(ignored);
        child_.wait(ignored);
    }

    [[nodiscard]] std::string name() const override { return "limit"; }
    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] int process_id() const override { return child_.id(); }
    [[nodiscard]] bool speaks_frames() const override { return true; }
    [[nodiscard]] std::vector<load::Login> const& logins() const override { return none_; }

private:
    process::child child_;
    std::uint16_t port_ = 0;
    std::vector<load::Login> none_;
};

// A port that was free a moment ago, for programs that cannot pick one themselves.
std::uint16_t free_port() {
    int const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    bool const is_bound = ::bind(probe, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0 &&
                          ::getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    ::close(probe);
    if (!is_bound) { throw InfrastructureError("no free port on loopback"); }
    return ntohs(at.sin_port);
}

bool answers(std::uint16_t port) {
    int const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool const is_open = ::connect(probe, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
    ::close(probe);
    return is_open;
}

class Mosquitto final : public Peer {
public:
    Mosquitto() : port_(free_port()) {
        std::string program;
        for (char const* place : {"/usr/sbin/mosquitto", "/usr/bin/mosquitto"}) {
            if (std::filesystem::exists(place)) { program = place; }
        }
        if (program.empty()) {
            throw InfrastructureError("--peer mosquitto needs Debian's package: apt-get install mosquitto");
        }
        std::string pattern = (std::filesystem::temp_directory_path() / "drydock-peer-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) { throw InfrastructureError("no temporary folder"); }
        folder_ = pattern;
        auto const settings = folder_ / "mosquitto.conf";
        std::ofstream(settings) << "listener " << port_ << " 127.0.0.1\nallow_anonymous true\npersistence false\n"
                                << "log_type none\nset_tcp_nodelay true\n";
        child_ = process::child(program, "-c", settings.string(), (process::std_out > process::null),
                                (process::std_err > process::null));
        for (int i = 0; i < 500 && !answers(port_); ++i) { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }
        if (!answers(port_)) { throw InfrastructureError("mosquitto does not open its port"); }
        for (unsigned i = 0; i < k_clients; ++i) { logins_.push_back(connect_packet(i)); }
    }
    ~Mosquitto() override {
        std::error_code ignored;
        child_.terminate(ignored);
        child_.wait(ignored);
        std::filesystem::remove_all(folder_, ignored);
    }

    [[nodiscard]] std::string name() const override { return "mosquitto"; }
    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] int process_id() const override { return child_.id(); }
    [[nodiscard]] bool speaks_frames() const override { return false; }
    [[nodiscard]] std::vector<load::Login> const& logins() const override { return logins_; }

private:
    static constexpr unsigned k_clients = 10'000;

    // MQTT 3.1.1: CONNECT with a clean session and a client id, answered by CONNACK 0.
    static load::Login connect_packet(unsigned number) {
        std::string id = std::to_string(number);
        id.insert(0, 12 - id.size(), 'd');
        std::string const variable{"\0\4MQTT\4\2\0\x3c", 10};
        std::string packet = "\x10";
        packet += static_cast<char>(variable.size() + 2 + id.size());
        packet += variable;
        packet += '\0';
        packet += static_cast<char>(id.size());
        packet += id;
        auto const bytes = as_bytes(packet);
        load::Login login;
        login.frame.assign(bytes.begin(), bytes.end());
        login.right_answer = {std::byte{0x20}, std::byte{2}, std::byte{0}, std::byte{0}};
        return login;
    }

    std::uint16_t port_;
    std::filesystem::path folder_;
    process::child child_;
    std::vector<load::Login> logins_;
};

}  // namespace

std::unique_ptr<Peer> start_limit_server(std::filesystem::path const& program) {
    return std::make_unique<LimitServer>(program);
}

std::unique_ptr<Peer> start_peer(std::string const& name) {
    if (name != "mosquitto") { throw std::invalid_argument("no peer is called '" + name + "': mosquitto is"); }
    return std::make_unique<Mosquitto>();
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

}  // namespace drydock::rig
