#include "server/app/daemon.h"

#include "server/app/folder_lock.h"
#include "server/app/held_doors.h"
#include "server/app/kept_tickets.h"
#include "server/app/process_metrics.h"
#include "server/base/bytes.h"
#include "server/base/durable_file.h"
#include "server/base/niceness.h"
#include "server/base/real_loop.h"
#include "server/http/bootstrap.h"
#include "server/net/tcp.h"
#include "server/store/sqlite_store.h"

#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drydock {

namespace {

constexpr int k_exit_infrastructure = 6;
constexpr auto k_drain_max = std::chrono::seconds(5);

void prepare_process(DaemonOptions const& options) {
    std::signal(SIGPIPE, SIG_IGN);
    // No core files: memory holds token values (I10).
    rlimit const none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    if (options.ends_with_parent) { ::prctl(PR_SET_PDEATHSIG, SIGTERM); }
    ::umask(077);
}

std::size_t files_max() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    return std::max<std::size_t>(files.rlim_cur, 2);
}

std::string first_line_of(std::filesystem::path const& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// The password of the first administrator. One that is drawn stands in a file of the data folder until
// it was shown: a start that ends between the two leaves nobody locked out.
Secret setup_password(DaemonOptions const& options, std::filesystem::path const& drawn, Store& store,
                      Entropy& entropy) {
    if (!options.setup_password_file.empty()) {
        std::string line = first_line_of(options.setup_password_file);
        if (line.empty()) {
            throw std::runtime_error("cannot read a setup password from " + options.setup_password_file.string() +
                                     ": give a file whose first line is the password");
        }
        return Secret(std::move(line));
    }
    if (std::string line = first_line_of(drawn); !line.empty()) { return Secret(std::move(line)); }
    std::array<std::byte, 15> bytes{};
    entropy.fill(bytes);
    std::string text = to_base64url(bytes);
    auto const root = store.organization(k_root_organization);
    if (root && !*root) { write_durably(drawn, text + "\n", 0600); }
    return Secret(std::move(text));
}

void must_hold(HeldDoors& doors, Address const& at, char const* option) {
    auto const held = doors.hold(at);
    if (held) { return; }
    throw std::runtime_error("cannot listen on " + at.host + ":" + std::to_string(at.port) + ": " +
                             held.error().message() + " (end what uses that port, or choose another with " + option +
                             "; port 0 picks a free one). Nothing was changed");
}

// The file appears whole or not at all, so a waiting program never reads half of it.
void write_ports(DaemonOptions const& options, Cloud const& cloud, std::filesystem::path const& authority) {
    if (options.ports_file.empty()) { return; }
    boost::json::object ports;
    ports["plain"] = cloud.plain().port;
    ports["tls"] = cloud.secure()->port;
    ports["ca"] = authority.string();
    auto const part = options.ports_file.string() + ".part";
    std::ofstream(part) << boost::json::serialize(ports) << '\n';
    std::filesystem::rename(part, options.ports_file);
}

void report_damage(std::string const& what) {
    spdlog::critical("the store is damaged ({}): nothing is answered from it any more; restore it from a backup", what);
}

class Daemon {
public:
    explicit Daemon(DaemonOptions options)
        : options_(std::move(options)),
          network_(real_, TcpNetwork::LetIn::with_first_bytes),
          doors_(network_),
          authority_(prepare_folder()),
          vault_(open_vault()),
          store_(SqliteStore::open(real_.loop(), store_file(), SqliteStore::Commits::writer_thread, &vault_,
                                   report_damage)),
          tickets_(real_.loop(), options_.data / "pki" / "tickets.key"),
          password_(setup_password(options_, drawn_password_file(), *store_, real_.loop().entropy)),
          events_(real_.loop().clock),
          cloud_(real_.loop(), doors_, *store_, vault_, events_, cloud_options()),
          signals_(real_.reactor(), SIGTERM, SIGINT),
          fault_signals_(real_.reactor()) {
        // A daemon may run for months: its events go to the log, not into memory.
        events_.keep_none();
    }

    int run() {
        ask_for_short_turns();
        wait_for_end();
        if (options_.allows_faults) {
            fault_signals_.add(SIGUSR1);
            fault_signals_.add(SIGUSR2);
            wait_for_fault();
        }
        cloud_.start([this](result<void> started) { on_started(started); });
        real_.reactor().run();
        return exit_code_;
    }

private:
    [[nodiscard]] std::filesystem::path store_file() const { return options_.data / "drydock.sqlite"; }
    [[nodiscard]] std::filesystem::path drawn_password_file() const { return options_.data / "setup-password"; }

    // The ports first: whoever cannot have them leaves no file behind.
    DevelopmentCa prepare_folder() {
        must_hold(doors_, options_.plain, "--listen");
        must_hold(doors_, options_.secure, "--listen-tls");
        std::error_code failure;
        std::filesystem::create_directories(options_.data, failure);
        if (failure) {
            throw std::runtime_error("cannot make the data folder " + options_.data.string() + ": " +
                                     failure.message() + ": name another one with --data");
        }
        lock_.emplace(options_.data);
        return ensure_development_ca(options_.data / "pki");
    }

    // A new key is for a new store only.
    Vault open_vault() {
        auto const key = options_.data / "vault.key";
        if (!std::filesystem::exists(key) && std::filesystem::exists(store_file())) {
            throw std::runtime_error("the token key file " + key.string() + " is missing, and the store " +
                                     store_file().string() +
                                     " was made with it: without it every device would be refused for ever. Put the "
                                     "key file back from its backup, or begin with an empty data folder");
        }
        return Vault::open(key, real_.loop().entropy);
    }

    CloudOptions cloud_options() {
        CloudOptions cloud;
        cloud.plain = options_.plain;
        cloud.secure = options_.secure;
        cloud.tls = TlsContext::server(authority_.certificate, authority_.key, tickets_.keys());
        cloud.door.waiting_max = std::min(cloud.door.waiting_max, files_max() / 2);
        cloud.setup_password = password_;
        cloud.faulty = options_.faulty;
        cloud.process_metrics = [this](OpenMetrics& page) { process_.write(page); };
        return cloud;
    }

    void on_started(result<void> started) {
        if (!started) {
            spdlog::error("cannot make the first administrator: {}", started.error().message());
            exit_code_ = k_exit_infrastructure;
            return end();
        }
        spdlog::info("devices and HTTP on {}:{}", cloud_.plain().host, cloud_.plain().port);
        spdlog::info("devices and HTTPS on {}:{}, authority {}", cloud_.secure()->host, cloud_.secure()->port,
                     authority_.authority.string());
        write_ports(options_, cloud_, authority_.authority);
        show_drawn_password();
        if (options_.on_ready) { options_.on_ready(real_.loop(), cloud_.plain(), *cloud_.secure(), password_); }
    }

    // Shown once, on the terminal of whoever started it first, never in the log.
    void show_drawn_password() {
        if (!options_.setup_password_file.empty() || !std::filesystem::exists(drawn_password_file())) { return; }
        std::fprintf(stdout, "first sign-in: admin@localhost with password %s\n", password_.reveal().c_str());
        std::fflush(stdout);
        remove_durably(drawn_password_file());
    }

    // The first signal lets requests that are under way be answered, a second one does not wait.
    void wait_for_end() {
        signals_.async_wait([this](error_code ec, int signal) {
            if (ec) { return; }
            if (std::exchange(is_ending_, true)) { return end(); }
            spdlog::info("signal {}: closing", signal);
            wait_for_end();
            cloud_.drain(k_drain_max, [this] { end(); });
        });
    }

    void wait_for_fault() {
        fault_signals_.async_wait([this](error_code ec, int signal) {
            if (ec) { return; }
            cloud_.set_store_down(signal == SIGUSR1);
            spdlog::warn("fault injection: the store is {}", signal == SIGUSR1 ? "down" : "back");
            wait_for_fault();
        });
    }

    void end() {
        cloud_.stop();
        signals_.cancel();
        fault_signals_.cancel();
        real_.reactor().stop();
    }

    DaemonOptions options_;
    ProcessMetrics process_;
    RealLoop real_;
    TcpNetwork network_;
    HeldDoors doors_;
    std::optional<FolderLock> lock_;
    DevelopmentCa authority_;
    Vault vault_;
    std::unique_ptr<SqliteStore> store_;
    KeptTickets tickets_;
    Secret password_;
    EventLog events_;
    bool is_ending_ = false;
    Cloud cloud_;
    boost::asio::signal_set signals_;
    boost::asio::signal_set fault_signals_;
    int exit_code_ = 0;
};

}  // namespace

int run_daemon(DaemonOptions options) {
    if (!spdlog::get("drydock")) { spdlog::set_default_logger(spdlog::stderr_color_mt("drydock")); }
    prepare_process(options);
    try {
        Daemon daemon(std::move(options));
        return daemon.run();
    } catch (std::exception const& e) {
        spdlog::error("{}", e.what());
        return k_exit_infrastructure;
    }
}

}  // namespace drydock
