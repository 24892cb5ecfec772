// A drydockd process over real sockets on loopback; devices and phones in this process.
#include "rig/bench/bench.h"
#include "rig/bench/daemon_process.h"
#include "server/base/real_loop.h"
#include "server/net/tcp.h"

#include <signal.h>

namespace drydock::rig {

namespace {

constexpr auto k_ask_again = std::chrono::milliseconds(50);

class LoopbackBench final : public Bench {
public:
    LoopbackBench(BenchOptions const& options, Transport transport)
        : transport_(transport), network_(real_), events_(real_.loop().clock), daemon_(daemon_options(options)) {
        if (transport_ == Transport::tls) { trust_ = TlsContext::client(daemon_.authority(), TlsContext::Verify::yes); }
    }

    [[nodiscard]] std::string_view name() const override {
        return transport_ == Transport::tls ? "loopback-tls" : "loopback";
    }
    [[nodiscard]] Loop& loop() override { return real_.loop(); }
    [[nodiscard]] Dialer& dialer() override { return network_; }
    [[nodiscard]] EventLog& events() override { return events_; }
    [[nodiscard]] Target target() override {
        if (transport_ == Transport::tls) { return {{"127.0.0.1", daemon_.secure_port()}, trust_, "localhost"}; }
        return {{"127.0.0.1", daemon_.plain_port()}, nullptr, {}};
    }
    [[nodiscard]] Secret setup_password() override { return Secret(daemon_.setup_password()); }
    [[nodiscard]] bool run_while(std::function<bool()> more) override {
        real_.reactor().restart();
        while (more()) {
            // At times nothing happens for long, and `more` must be asked all the same.
            if (real_.reactor().run_one_for(k_ask_again) == 0 && real_.reactor().stopped()) { return false; }
        }
        return true;
    }
    [[nodiscard]] std::optional<std::string> server_end(std::chrono::milliseconds patience) override {
        return daemon_.end_report(patience);
    }
    void set_store_down(bool is_down) override { daemon_.signal(is_down ? SIGUSR1 : SIGUSR2); }

private:
    static DaemonProcessOptions daemon_options(BenchOptions const& options) {
        DaemonProcessOptions daemon;
        daemon.program = options.daemon.empty() ? default_daemon_program() : options.daemon;
        daemon.log = options.evidence.empty() ? std::filesystem::path() : options.evidence / "drydockd.log";
        daemon.faulty = options.faulty;
        daemon.is_interrupted = options.is_interrupted;
        return daemon;
    }

    Transport transport_;
    RealLoop real_;
    TcpNetwork network_;
    EventLog events_;
    DaemonProcess daemon_;
    std::shared_ptr<TlsContext> trust_;
};

}  // namespace

std::unique_ptr<Bench> make_loopback_bench(BenchOptions const& options, Transport transport) {
    return std::make_unique<LoopbackBench>(options, transport);
}

}  // namespace drydock::rig
