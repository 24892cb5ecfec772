// Connect, login, answer, close of known devices on real sockets, so many at once, in one process: the
// cloud's work to be counted by callgrind, whose instructions no busy machine can blur.
#include "server/app/cloud.h"
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "server/store/sqlite_store.h"
#include "server/wire/frame.h"
#include "tests/benchmark/filled_store.h"
#include "tests/benchmark/process_figures.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <stdexcept>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace drydock;

struct Storm {
    std::size_t rounds = 200;
    std::size_t at_once = 64;
};

// The devices of one round. Their sockets wait: connects, sends and answers of so few fit into the kernel.
class Devices {
public:
    explicit Devices(std::size_t count) : sockets_(count, -1), logins_(count) {
        for (std::size_t number = 0; number < count; ++number) {
            wire::append_frame(logins_[number], wire::Command::login, 1, bench::token_number(number).reveal());
        }
    }

    void log_in(std::uint16_t port) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (std::size_t i = 0; i < sockets_.size(); ++i) {
            sockets_[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (sockets_[i] < 0 || ::connect(sockets_[i], reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0 ||
                ::send(sockets_[i], logins_[i].data(), logins_[i].size(), MSG_NOSIGNAL) < 0) {
                throw std::runtime_error("cannot connect (open files: see ulimit -n)");
            }
        }
    }

    void hear_and_close() {
        for (int& socket : sockets_) {
            std::array<std::byte, 16> answer{};
            if (::recv(socket, answer.data(), answer.size(), 0) != wire::k_header_bytes) {
                throw std::runtime_error("no answer");
            }
            ::close(std::exchange(socket, -1));
        }
    }

private:
    std::vector<int> sockets_;
    std::vector<Bytes> logins_;
};

void measure(Storm const& plan) {
    RealLoop real;
    Vault const vault(std::array<std::byte, 32>{std::byte{5}});
    auto const store = SqliteStore::open(real.loop(), ":memory:", SqliteStore::Commits::inline_);
    bench::fill(*store, vault, real.loop().entropy, plan.at_once, [&real](bool const& is_done) {
        while (!is_done) {
            real.context().restart();
            real.context().run_one();
        }
    });
    TcpNetwork network(real.loop());
    EventLog events(real.loop().clock);
    events.keep_none();
    CloudOptions options;
    options.plain = Address{"127.0.0.1", 0};
    options.setup_password = Secret("a benchmark's password");
    options.http.password_cost = PasswordCost{8, 1, 1};
    Cloud cloud(real.loop(), network, *store, vault, events, options);
    bool is_open = false;
    cloud.start([&is_open](result<void> started) { is_open = started.has_value(); });
    real.context().restart();
    while (!is_open) { real.context().run_one(); }
    Devices devices(plan.at_once);
    for (std::size_t round = 0; round < plan.rounds; ++round) {
        devices.log_in(cloud.plain().port);
        while (cloud.online_devices() < plan.at_once) { real.context().run_one(); }
        devices.hear_and_close();
        while (cloud.online_devices() > 0) { real.context().run_one(); }
    }
    cloud.stop();
    fmt::print("{} logins, {} at once\n", plan.rounds * plan.at_once, plan.at_once);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Plain logins for callgrind: the cost of one is the difference of two counts.\nExample:\n"
        "  valgrind --tool=callgrind plain_logins --rounds 200"};
    Storm plan;
    app.add_option("--rounds", plan.rounds, "Rounds in which all devices connect, log in and close")
        ->capture_default_str();
    app.add_option("--at-once", plan.at_once, "Devices of a round")->check(CLI::Range(1, 4000))->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    bench::raise_descriptor_limit();
    try {
        measure(plan);
    } catch (std::exception const& e) {
        fmt::print(stderr, "plain_logins: {}\n", e.what());
        return 6;
    }
    return 0;
}
