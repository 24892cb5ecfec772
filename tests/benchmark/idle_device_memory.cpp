// How much heap the server holds for a device that is online and idle, plain and TLS: the
// difference over thousands of connections from a second process.
#include "server/app/cloud.h"
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "server/net/tls.h"
#include "server/store/sqlite_store.h"
#include "server/wire/frame.h"
#include "tests/benchmark/filled_store.h"
#include "tests/benchmark/process_figures.h"
#include "tests/support/temp_dir.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <csignal>
#include <vector>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace drydock;

constexpr std::size_t k_warm = 200;  // tables and caches have grown before the count begins

struct Fleet {
    std::size_t devices = 5000;
    bool is_tls = false;
};

Bytes login_bytes(std::uint64_t number) {
    Bytes bytes;
    wire::append_frame(bytes, wire::Command::login, 1, bench::token_number(number).reveal());
    wire::append_fields(bytes, wire::Command::internal, 2, {"ver", "1.4.0", "h-beat", "600", "buff-in", "1024"});
    return bytes;
}

int dial(std::uint16_t port) {
    int const made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (made < 0 || ::connect(made, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) { ::_exit(1); }
    return made;
}

// The second process: connects, logs in, stays; at the warm ones it waits for a word of the first.
// Ends with the first.
[[noreturn]] void be_the_fleet(Fleet plan, int pipe) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::uint16_t port = 0;
    if (::read(pipe, &port, sizeof port) != sizeof port) { ::_exit(1); }
    SSL_CTX* const context = plan.is_tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
    for (std::uint64_t number = 0; number < plan.devices + k_warm; ++number) {
        char go = 0;
        if (number == k_warm && ::read(pipe, &go, 1) != 1) { ::_exit(1); }
        int const socket = dial(port);
        Bytes const bytes = login_bytes(number);
        std::array<char, 10> answer{};
        if (plan.is_tls) {
            SSL* const session = SSL_new(context);
            SSL_set_fd(session, socket);
            bool const is_up = SSL_connect(session) == 1 &&
                               SSL_write(session, bytes.data(), static_cast<int>(bytes.size())) > 0 &&
                               SSL_read(session, answer.data(), static_cast<int>(answer.size())) > 0;
            if (!is_up) { ::_exit(1); }
        } else if (::send(socket, bytes.data(), bytes.size(), 0) < 0 ||
                   ::recv(socket, answer.data(), answer.size(), 0) <= 0) {
            ::_exit(1);
        }
    }
    for (;;) { ::pause(); }
}

int measure(Fleet plan) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) { return 6; }
    pid_t const fleet = ::fork();
    if (fleet == 0) { be_the_fleet(plan, pipe[0]); }
    test::TempDir const folder;
    RealLoop real;
    DevelopmentCa const authority = ensure_development_ca(folder.path());
    Vault const vault = Vault::open(folder.path() / "vault.key", real.loop().entropy);
    auto const store = SqliteStore::open(real.loop(), folder.path() / "store", SqliteStore::Commits::writer_thread);
    bench::fill(*store, vault, real.loop().entropy, plan.devices + k_warm, [&real](bool const& is_done) {
        while (!is_done) {
            real.reactor().restart();
            real.reactor().run_one();
        }
    });
    TcpNetwork network(real);
    EventLog events(real.loop().clock);
    events.keep_none();
    CloudOptions options;
    options.plain = Address{"127.0.0.1", 0};
    options.secure = Address{"127.0.0.1", 0};
    options.tls = TlsContext::server(authority.certificate, authority.key);
    options.setup_password = Secret("a benchmark's password");
    Cloud cloud(real.loop(), network, *store, vault, events, options);
    bool is_open = false;
    cloud.start([&is_open](result<void> started) { is_open = started.has_value(); });
    real.reactor().restart();
    while (!is_open) { real.reactor().run_one(); }
    std::uint16_t const port = plan.is_tls ? cloud.secure()->port : cloud.plain().port;
    if (::write(pipe[1], &port, sizeof port) != sizeof port) { return 6; }
    auto const run_to = [&](std::size_t online) {
        while (cloud.online_devices() < online) {
            if (::waitpid(fleet, nullptr, WNOHANG) == fleet) { return false; }
            real.reactor().run_one_for(std::chrono::milliseconds(100));
        }
        real.reactor().run_for(std::chrono::milliseconds(300));  // info blocks are read and answered
        return true;
    };
    bool const is_warm = run_to(k_warm);
    std::size_t const online_before = cloud.online_devices();
    std::size_t const before = bench::heap_bytes();
    if (::write(pipe[1], "", 1) != 1) { return 6; }
    bool const is_full = is_warm && run_to(plan.devices + k_warm);
    std::size_t const counted = cloud.online_devices() - online_before;
    std::size_t const after = bench::heap_bytes();
    ::kill(fleet, SIGKILL);
    ::waitpid(fleet, nullptr, 0);
    if (!is_full || counted == 0) {
        fmt::print(stderr, "idle_device_memory: the fleet could not connect (open files: see ulimit -n)\n");
        return 6;
    }
    fmt::print("{:<6} {:>6} devices online and idle: {:>7.0f} bytes of heap each in the server\n",
               plan.is_tls ? "TLS" : "plain", counted,
               static_cast<double>(after - before) / static_cast<double>(counted));
    cloud.stop();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Heap of the server per idle device.\nExample:\n  idle_device_memory --devices 5000"};
    Fleet plan;
    app.add_option("--devices", plan.devices, "Devices beyond the first 200")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    bench::raise_descriptor_limit();
    int const code = measure(plan);
    plan.is_tls = true;
    return code != 0 ? code : measure(plan);
}
