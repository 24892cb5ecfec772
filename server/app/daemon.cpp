#include "server/app/daemon.h"

#include "server/base/bytes.h"
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "server/store/sqlite_store.h"

#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drydock {

namespace {

constexpr int k_exit_infrastructure = 6;

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

Secret read_or_draw_password(DaemonOptions const& options, Entropy& entropy, bool& is_drawn) {
    if (!options.setup_password_file.empty()) {
        std::ifstream file(options.setup_password_file);
        std::string line;
        if (!file || !std::getline(file, line) || line.empty()) {
            throw std::runtime_error("cannot read a setup password from " + options.setup_password_file.string() +
                                     ": give a file whose first line is the password");
        }
        return Secret(line);
    }
    is_drawn = true;
    std::array<std::byte, 15> bytes{};
    entropy.fill(bytes);
    return Secret(to_base64url(bytes));
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
          authority_(prepare_folder()),
          vault_(Vault::open(options_.data / "vault.key", real_.loop().entropy)),
          store_(SqliteStore::open(real_.loop(), options_.data / "drydock.sqlite", SqliteStore::Commits::writer_thread,
                                   report_damage)),
          network_(real_.loop()),
          events_(real_.loop().clock),
          password_(read_or_draw_password(options_, real_.loop().entropy, password_is_drawn_)),
          cloud_(real_.loop(), network_, *store_, vault_, events_, cloud_options()),
          signals_(real_.context(), SIGTERM, SIGINT),
          fault_signals_(real_.context()) {
        // A daemon may run for months: its events go to the log, not into memory.
        events_.keep_none();
    }

    int run() {
        wait_for_end();
        if (options_.allows_faults) {
            fault_signals_.add(SIGUSR1);
            fault_signals_.add(SIGUSR2);
            wait_for_fault();
        }
        cloud_.start([this](result<void> started) { on_started(started); });
        real_.context().run();
        return exit_code_;
    }

private:
    DevelopmentCa prepare_folder() {
        std::filesystem::create_directories(options_.data);
        return ensure_development_ca(options_.data / "pki");
    }

    CloudOptions cloud_options() {
        CloudOptions cloud;
        cloud.plain = options_.plain;
        cloud.secure = options_.secure;
        cloud.tls = TlsContext::server(authority_.certificate, authority_.key);
        cloud.setup_password = password_;
        cloud.faulty = options_.faulty;
        return cloud;
    }

    void on_started(result<void> started) {
        if (!started) {
            spdlog::error("cannot start on {}:{} and {}:{}: {} (choose other ports with --listen and --listen-tls)",
                          options_.plain.host, options_.plain.port, options_.secure.host, options_.secure.port,
                          started.error().message());
            exit_code_ = k_exit_infrastructure;
            return end();
        }
        spdlog::info("devices and HTTP on {}:{}", cloud_.plain().host, cloud_.plain().port);
        spdlog::info("devices and HTTPS on {}:{}, authority {}", cloud_.secure()->host, cloud_.secure()->port,
                     authority_.authority.string());
        write_ports(options_, cloud_, authority_.authority);
        if (password_is_drawn_ && !std::filesystem::exists(options_.data / "setup-done")) {
            // Shown once, on the terminal of whoever started it first, never in the log.
            std::fprintf(stdout, "first sign-in: admin@localhost with password %s\n", password_.reveal().c_str());
            std::fflush(stdout);
        }
        std::ofstream(options_.data / "setup-done") << "the first administrator was made\n";
        if (options_.on_ready) { options_.on_ready(real_.loop(), cloud_.plain(), *cloud_.secure(), password_); }
    }

    void wait_for_end() {
        signals_.async_wait([this](error_code ec, int signal) {
            if (ec) { return; }
            spdlog::info("signal {}: closing", signal);
            end();
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
        real_.context().stop();
    }

    DaemonOptions options_;
    RealLoop real_;
    DevelopmentCa authority_;
    Vault vault_;
    std::unique_ptr<SqliteStore> store_;
    TcpNetwork network_;
    EventLog events_;
    bool password_is_drawn_ = false;
    Secret password_;
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
