#include "rig/benchmark/peers.h"

#include "rig/bench/bench.h"
#include "rig/bench/own_folder.h"
#include "rig/benchmark/child_process.h"
#include "server/base/bytes.h"

#include <boost/process/search_path.hpp>

#include <arpa/inet.h>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

constexpr unsigned k_clients = 20'000;
// A broker of the benchmark's own on loopback: no secret, only work for its password hash.
constexpr std::string_view k_user = "device";
constexpr std::string_view k_password = "a password of thirty-two letters";

class LimitServer final : public Peer {
public:
    LimitServer(std::filesystem::path const& program, std::filesystem::path const& pki)
        : child_(program,
                 {"benchmark", "limit-server", "--certificate", (pki / "server.pem").string(), "--key",
                  (pki / "server.key").string()},
                 ChildProcess::Output::read) {
        std::istringstream ports(child_.line());
        if (!(ports >> port_ >> secure_port_)) { throw InfrastructureError("the limit server does not listen"); }
    }

    [[nodiscard]] std::string name() const override { return "limit"; }
    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] std::uint16_t secure_port() const override { return secure_port_; }
    [[nodiscard]] int process_id() const override { return child_.process_id(); }
    [[nodiscard]] std::vector<load::Login> const& logins() const override { return none_; }

private:
    ChildProcess child_;
    std::uint16_t port_ = 0;
    std::uint16_t secure_port_ = 0;
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

void append_text(std::string& packet, std::string_view text) {
    packet += static_cast<char>(text.size() >> 8U);
    packet += static_cast<char>(text.size() & 0xffU);
    packet += text;
}

enum class Credentials { none, password };

// MQTT 3.1.1: CONNECT with a clean session and a client id, answered by CONNACK 0.
load::Login connect_packet(unsigned number, Credentials credentials) {
    std::string id = std::to_string(number);
    id.insert(0, 12 - id.size(), 'd');
    std::string body{"\0\4MQTT\4\2\0\x3c", 10};
    if (credentials == Credentials::password) { body[7] = '\xc2'; }
    append_text(body, id);
    if (credentials == Credentials::password) {
        append_text(body, k_user);
        append_text(body, k_password);
    }
    // Under 128 bytes: one byte says how long it is.
    std::string packet = "\x10";
    packet += static_cast<char>(body.size());
    packet += body;
    auto const bytes = as_bytes(packet);
    load::Login login;
    login.frame.assign(bytes.begin(), bytes.end());
    login.right_answer = {std::byte{0x20}, std::byte{2}, std::byte{0}, std::byte{0}};
    return login;
}

class Broker : public Peer {
public:
    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] int process_id() const override { return child_->process_id(); }
    [[nodiscard]] std::vector<load::Login> const& logins() const override { return logins_; }

protected:
    Broker(std::string name, Credentials credentials) : name_(std::move(name)) {
        for (unsigned i = 0; i < k_clients; ++i) { logins_.push_back(connect_packet(i, credentials)); }
    }
    void begin(std::unique_ptr<ChildProcess> child, std::uint16_t port) {
        child_ = std::move(child);
        port_ = port;
        for (int i = 0; i < 500 && !answers(port_) && child_->is_running(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        if (!answers(port_)) { throw InfrastructureError(name_ + " does not open its port"); }
    }

private:
    std::string name_;
    std::uint16_t port_ = 0;
    std::unique_ptr<ChildProcess> child_;
    std::vector<load::Login> logins_;
};

class Mosquitto final : public Broker {
public:
    explicit Mosquitto(Credentials credentials)
        : Broker(credentials == Credentials::none ? "mosquitto" : "mosquitto-password", credentials) {
        std::string const program = installed("mosquitto");
        std::uint16_t const port = free_port();
        auto const settings = folder_.path() / "mosquitto.conf";
        // A broker started by root would become another user, who cannot read this folder.
        std::ofstream file(settings);
        file << "listener " << port << " 127.0.0.1\npersistence false\nlog_type none\nset_tcp_nodelay true\n"
             << "user root\n";
        if (credentials == Credentials::none) {
            file << "allow_anonymous true\n";
        } else {
            auto const passwords = folder_.path() / "passwords";
            ChildProcess hashing(installed("mosquitto_passwd"),
                                 {"-b", "-c", passwords.string(), std::string(k_user), std::string(k_password)},
                                 ChildProcess::Output::ignore);
            if (hashing.wait() != 0) { throw InfrastructureError("mosquitto_passwd makes no password file"); }
            file << "allow_anonymous false\npassword_file " << passwords.string() << "\n";
        }
        file.close();
        begin(std::make_unique<ChildProcess>(program, std::vector<std::string>{"-c", settings.string()},
                                             ChildProcess::Output::ignore),
              port);
    }

private:
    static std::string installed(std::string const& name) {
        for (char const* place : {"/usr/sbin/", "/usr/bin/"}) {
            if (std::filesystem::exists(place + name)) { return place + name; }
        }
        throw InfrastructureError("--peer mosquitto needs Debian's package: apt-get install mosquitto");
    }

    OwnFolder folder_{"drydock-peer"};
};

class Aedes final : public Broker {
public:
    explicit Aedes(std::filesystem::path const& fixtures) : Broker("aedes", Credentials::password) {
        auto const node = boost::process::search_path("node");
        auto const folder = fixtures / "peers" / "aedes";
        if (node.empty()) { throw InfrastructureError("--peer aedes needs Node.js: apt-get install nodejs npm"); }
        if (!std::filesystem::exists(folder / "server.cjs")) {
            throw InfrastructureError("--peer aedes needs " + folder.string() +
                                      ": start it in the source folder, or say where with --fixtures");
        }
        if (!std::filesystem::exists(folder / "node_modules")) {
            throw InfrastructureError("--peer aedes needs its packages: npm ci --prefix " + folder.string());
        }
        auto child = std::make_unique<ChildProcess>(
            node.string(),
            std::vector<std::string>{(folder / "server.cjs").string(), std::string(k_user), std::string(k_password)},
            ChildProcess::Output::read);
        std::istringstream line(child->line());
        std::uint16_t port = 0;
        if (!(line >> port)) { throw InfrastructureError("aedes does not open its port"); }
        begin(std::move(child), port);
    }
};

}  // namespace

std::unique_ptr<Peer> start_limit_server(std::filesystem::path const& program, std::filesystem::path const& pki) {
    return std::make_unique<LimitServer>(program, pki);
}

std::vector<std::string_view> const& peer_names() {
    static std::vector<std::string_view> const names{"mosquitto", "mosquitto-password", "aedes"};
    return names;
}

std::unique_ptr<Peer> start_peer(std::string const& name, std::filesystem::path const& fixtures) {
    if (name == "mosquitto") { return std::make_unique<Mosquitto>(Credentials::none); }
    if (name == "mosquitto-password") { return std::make_unique<Mosquitto>(Credentials::password); }
    if (name == "aedes") { return std::make_unique<Aedes>(fixtures); }
    throw std::invalid_argument("no peer is called '" + name + "': mosquitto, mosquitto-password and aedes are");
}

}  // namespace drydock::rig
