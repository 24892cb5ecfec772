// Cloud, fleet, phones and clock in one process under virtual time.
#include "rig/bench/bench.h"
#include "server/store/sqlite_store.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"

#include <array>

namespace drydock::rig {

namespace {

// The smallest argon2id there is: in a world nobody attacks, and a year must pass in seconds.
constexpr PasswordCost k_world_password_cost{8, 1, 1};

std::array<std::byte, 32> draw_key(Entropy& entropy) {
    std::array<std::byte, 32> key{};
    entropy.fill(key);
    return key;
}

class VirtualBench final : public Bench {
public:
    explicit VirtualBench(BenchOptions const& options)
        : world_(options.seed, options.shuffles ? Order::shuffled : Order::fifo),
          network_(world_),
          events_(world_.loop().clock),
          vault_(draw_key(world_.loop().entropy)),
          store_(SqliteStore::open(world_.loop(), ":memory:", SqliteStore::Commits::inline_)),
          password_("the setup password of a world"),
          cloud_(world_.loop(), network_, *store_, vault_, events_, cloud_options(options)) {
        if (options.faulty == FaultyServer::crash_on_claim) {
            throw std::invalid_argument("a server that crashes needs a process of its own: take a loopback bench");
        }
        bool is_open = false;
        error_code failure;
        cloud_.start([&is_open, &failure](result<void> started) {
            is_open = true;
            if (!started) { failure = started.error(); }
        });
        if (!world_.run_while([&is_open] { return !is_open; }) || failure) {
            throw InfrastructureError("the cloud does not open in the world: " + failure.message());
        }
    }

    ~VirtualBench() override { cloud_.stop(); }

    [[nodiscard]] std::string_view name() const override { return "virtual"; }
    [[nodiscard]] Loop& loop() override { return world_.loop(); }
    [[nodiscard]] Dialer& dialer() override { return network_; }
    [[nodiscard]] EventLog& events() override { return events_; }
    [[nodiscard]] Target target() override { return {cloud_.plain(), nullptr, {}}; }
    [[nodiscard]] Secret setup_password() override { return password_; }
    [[nodiscard]] bool run_while(std::function<bool()> more) override { return world_.run_while(std::move(more)); }
    void set_store_down(bool is_down) override { cloud_.set_store_down(is_down); }
    [[nodiscard]] std::string stall_report() override { return world_.stall_report(); }
    [[nodiscard]] bool is_virtual() const override { return true; }

private:
    CloudOptions cloud_options(BenchOptions const& options) {
        CloudOptions cloud;
        cloud.plain = Address{"cloud", 8080};
        cloud.setup_password = password_;
        cloud.http.password_cost = k_world_password_cost;
        cloud.faulty = options.faulty;
        return cloud;
    }

    World world_;
    MemoryNetwork network_;
    EventLog events_;
    Vault vault_;
    std::unique_ptr<SqliteStore> store_;
    Secret password_;
    Cloud cloud_;
};

}  // namespace

std::unique_ptr<Bench> make_virtual_bench(BenchOptions const& options) {
    return std::make_unique<VirtualBench>(options);
}

}  // namespace drydock::rig
