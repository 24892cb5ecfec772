// The same plan in virtual time: cloud, fleet, operator and clock in one world.
#include "rig/load/cloud_operator.h"
#include "rig/load/load_run.h"
#include "rig/record/load_recorder.h"
#include "server/store/sqlite_store.h"
#include "sim/link/memory_network.h"
#include "sim/world/world.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>

namespace drydock::rig {

namespace {

constexpr PasswordCost k_world_password_cost{8, 1, 1};
constexpr Duration k_after_the_end_max = std::chrono::minutes(2);
// A record stays readable however long the plan: then a look is longer than a second.
constexpr int k_looks_max = 7200;

std::array<std::byte, 32> draw_key(Entropy& entropy) {
    std::array<std::byte, 32> key{};
    entropy.fill(key);
    return key;
}

class LocalFleet final : public FleetPort {
public:
    LocalFleet(Loop& loop, load::Fleet& fleet) : loop_(loop), fleet_(fleet) {}

    void pick(load::Wanted wanted, std::uint64_t count, Picked then) override {
        boost::asio::post(loop_.executor, [picked = fleet_.pick(wanted, count), then = std::move(then)]() mutable {
            then(std::move(picked));
        });
    }
    void was_claimed(std::uint64_t device, Duration took, bool is_in_right_place) override {
        fleet_.was_claimed(device, took, is_in_right_place);
    }
    void claim_failed(std::uint64_t device) override { fleet_.claim_failed(device); }
    void was_unclaimed(std::uint64_t device) override { fleet_.was_unclaimed(device); }
    void was_deleted(std::uint64_t device, TimePoint answered) override { fleet_.was_deleted(device, answered); }
    void release(std::vector<std::uint64_t> const& devices) override { fleet_.release(devices); }
    void server_is_away(bool is_away, std::function<void()> then) override {
        fleet_.server_is_away(is_away);
        boost::asio::post(loop_.executor, std::move(then));
    }

private:
    Loop& loop_;
    load::Fleet& fleet_;
};

// The cloud of the world, which can fall over and come back on the same store.
class WorldServer final : public ServerPort {
public:
    WorldServer(World& world, MemoryNetwork& network, Store& store, Vault const& vault, EventLog& events,
                CloudOptions options)
        : world_(world),
          network_(network),
          store_(store),
          vault_(vault),
          events_(events),
          options_(std::move(options)) {
        open();
    }
    ~WorldServer() override { clouds_.back()->stop(); }

    // In memory a kill and an orderly stop look the same from outside: every connection ends.
    void restart(End) override {
        clouds_.back()->stop();
        open();
    }
    void set_store_down(bool is_down) override { clouds_.back()->set_store_down(is_down); }
    // Runs the world until the doors are open: before the run only.
    void wait_until_open() {
        if (!world_.run_while([this] { return !is_open_; })) {
            throw InfrastructureError("the cloud does not open in the world");
        }
    }
    [[nodiscard]] std::string const& failure() const { return failure_; }

private:
    void open() {
        is_open_ = false;
        clouds_.push_back(std::make_unique<Cloud>(world_.loop(), network_, store_, vault_, events_, options_));
        clouds_.back()->start([this](result<void> started) {
            is_open_ = true;
            if (!started) { failure_ = "the cloud does not open in the world: " + started.error().message(); }
        });
    }

    World& world_;
    MemoryNetwork& network_;
    Store& store_;
    Vault const& vault_;
    EventLog& events_;
    CloudOptions options_;
    bool is_open_ = false;
    std::string failure_;
    // Those that fell over, too: what they had begun may still be under way in the world.
    std::vector<std::unique_ptr<Cloud>> clouds_;
};

class VirtualRun final : public load::Operator {
public:
    explicit VirtualRun(LoadRunOptions const& options)
        : options_(options),
          plan_(plan_of(options.plan)),
          world_(Seed{plan_.seed}),
          network_(world_),
          events_(world_.loop().clock),
          cloud_events_(world_.loop().clock),
          vault_(draw_key(world_.loop().entropy)),
          store_(SqliteStore::open(world_.loop(), ":memory:", SqliteStore::Commits::inline_)) {
        cloud_events_.keep_none();
        set_aside_gauges();
        recorder_.emplace(plan_);
        abort_.emplace(plan_.thresholds);
    }

    LoadOutcome play() {
        for (load::Happening const& one : plan_.happenings) {
            if (options_.shard.of > 1 && !is_of_the_fleet(one.kind)) {
                throw InfrastructureError("'" + one.text + "' cannot be played by one shard of several");
            }
        }
        open_cloud();
        open_fleet();
        prepare();
        begin();
        run_to_the_end();
        return outcome();
    }

    void perform(load::Fleet&, load::Happening const& what, std::function<void(std::string)> then) override {
        std::size_t const event = recorder_->begins(what.at, what.text);
        operator_->perform(what, [this, event, then = std::move(then)](std::string outcome) {
            recorder_->ended(event, outcome);
            then(std::move(outcome));
        });
    }

private:
    [[nodiscard]] bool is_interrupted() const { return options_.is_interrupted != nullptr && *options_.is_interrupted; }

    // Memory and processor time belong to real processes only.
    void set_aside_gauges() {
        auto const is_gauge = [](load::Threshold const& one) {
            return one.metric->kind == load::MetricKind::bytes || one.metric->kind == load::MetricKind::cores;
        };
        for (load::Threshold const& one : plan_.thresholds) {
            if (is_gauge(one)) { not_measured_.push_back({one.text, "not measured in virtual time", "NO DATA", true}); }
        }
        std::erase_if(plan_.thresholds, is_gauge);
    }

    void open_cloud() {
        if (options_.on_step) { options_.on_step("filling a world's store with its tokens"); }
        Secret const password("the setup password of a world");
        auto const run = [this](std::function<bool()> const& is_done) {
            if (!is_done() && !world_.run_while([&is_done] { return !is_done(); })) {
                throw InfrastructureError("the store of the world does not answer");
            }
        };
        stock_ = fill_store(plan_, StockOrder{world_.loop(), *store_, vault_, password, run, nullptr});
        TlsTexts const certificate = make_world_certificate();
        CloudOptions cloud;
        cloud.plain = Address{"cloud", 8080};
        cloud.secure = Address{"cloud", 9443};
        cloud.tls = TlsContext::server_from_text(certificate.certificate, certificate.key);
        cloud.setup_password = password;
        cloud.http.password_cost = k_world_password_cost;
        cloud.faulty = options_.faulty;
        trust_ = TlsContext::client_from_text(certificate.authority, TlsContext::Verify::yes);
        server_ = std::make_unique<WorldServer>(world_, network_, *store_, vault_, cloud_events_, std::move(cloud));
        server_->wait_until_open();
    }

    void open_fleet() {
        load::FleetOptions fleet;
        fleet.target = Address{"cloud", 8080};
        fleet.tls_target = Address{"cloud", 9443};
        fleet.tls = trust_;
        fleet.tls_host = "localhost";
        fleet.tokens = tokens_of(stock_, options_.shard);
        fleet.shard = options_.shard;
        fleet_ = std::make_unique<load::Fleet>(world_.loop(), network_, events_, plan_, std::move(fleet), *this);
        port_ = std::make_unique<LocalFleet>(world_.loop(), *fleet_);
        Target const target{{"cloud", 8080}, nullptr, {}};
        operator_ = std::make_unique<CloudOperator>(world_.loop(), network_, target, stock_, *port_, server_.get());
    }

    void prepare() {
        std::optional<std::string> prepared;
        operator_->prepare(plan_, [&prepared](std::string sentence) { prepared = std::move(sentence); });
        bool const is_moving = world_.run_while([&] { return !prepared && !is_interrupted(); });
        if (!is_moving || (prepared && !prepared->empty())) {
            throw InfrastructureError(prepared ? *prepared : "the customers of the world cannot sign in");
        }
    }

    void begin() {
        auto const whole_seconds = std::chrono::duration_cast<std::chrono::seconds>(plan_.phases.end()).count();
        look_every_ = std::chrono::seconds(std::max<std::int64_t>(1, whole_seconds / k_looks_max));
        begun_ = world_.now() + std::chrono::seconds(1);
        began_ = world_.loop().clock.wall();
        for (load::Happening const& one : plan_.happenings) {
            if (is_of_the_fleet(one.kind)) { recorder_->happened(one.at, one.text, {}); }
        }
        fleet_->start(begun_, [this] { is_finished_ = true; });
        look_later(1);
    }

    void look_later(int number) {
        look_at_ = world_.loop().clock.call_at(begun_ + look_every_ * number, [this, number] {
            look();
            if (!is_finished_) { look_later(number + 1); }
        });
    }

    void look() {
        Duration const at = world_.now() - begun_;
        load::FleetSnapshot const seen = fleet_->snapshot();
        FleetLook look;
        look.arrived = seen.arrived;
        look.expected = seen.expected;
        look.online = seen.online;
        look.errors = seen.errors;
        look.fresh.merge(fleet_->summary());
        fleet_->summary().reset();
        report::LoadTick const& tick = recorder_->look(at, std::move(look), std::nullopt);
        if (!early_) {
            if (auto const finding = abort_->look(at, recorder_->summary())) { early_ = gave_up_after(at, *finding); }
        }
        if (!options_.on_progress) { return; }
        LoadProgress progress;
        progress.at = at;
        progress.end = plan_.phases.end();
        progress.phase = phase_name_at(plan_, at);
        progress.devices = devices_of(plan_, options_.shard);
        progress.arrived = seen.arrived;
        for (auto const& [cause, count] : seen.errors) { progress.errors += count; }
        progress.tick = tick;
        options_.on_progress(progress);
    }

    void run_to_the_end() {
        TimePoint const give_up = begun_ + plan_.phases.end() + k_after_the_end_max;
        bool const is_moving = world_.run_while([&] {
            if (is_interrupted() && !early_) {
                early_ = interrupted_after(std::max(Duration{}, world_.now() - begun_));
            }
            return !is_finished_ && !early_ && server_->failure().empty() && world_.now() < give_up;
        });
        if (!server_->failure().empty()) { throw InfrastructureError(server_->failure()); }
        if (!is_moving || (!is_finished_ && !early_)) {
            throw InfrastructureError("the fleet did not come to an end with the plan: " + world_.stall_report());
        }
        world_.loop().clock.cancel(look_at_);
        if (!early_) { look(); }
        if (is_interrupted()) { recorder_->look_after_interrupt(fleet_->summary()); }
        lasted_ = std::min(plan_.phases.end(), world_.now() - begun_);
        fleet_->stop();
    }

    LoadOutcome outcome() {
        LoadOutcome outcome;
        outcome.record = recorder_->finish(recorder_->generator(), early_);
        outcome.record.thresholds.insert(outcome.record.thresholds.end(), not_measured_.begin(), not_measured_.end());
        outcome.record.machine = "virtual time";
        outcome.record.shards = {{options_.shard.index, options_.shard.of}};
        outcome.record.began_ms = static_cast<double>(began_.time_since_epoch().count());
        for (Event const& event : events_.events()) {
            outcome.events.push_back(event);
            outcome.events.back().at -= begun_.time_since_epoch();
        }
        outcome.event_log_hash = events_.hash();
        outcome.is_interrupted = early_ && early_->why == EarlyEnd::Why::interrupted;
        outcome.has_wrong_answers = has_wrong_answers(recorder_->summary());
        outcome.lasted = lasted_;
        return outcome;
    }

    LoadRunOptions const& options_;
    load::LoadPlan plan_;
    std::vector<report::LoadThreshold> not_measured_;
    std::optional<LoadRecorder> recorder_;
    std::optional<load::AbortWatch> abort_;
    Stock stock_;
    World world_;
    MemoryNetwork network_;
    EventLog events_;
    EventLog cloud_events_;
    Vault vault_;
    std::unique_ptr<SqliteStore> store_;
    std::shared_ptr<TlsContext> trust_;
    std::unique_ptr<WorldServer> server_;
    std::unique_ptr<load::Fleet> fleet_;
    std::unique_ptr<LocalFleet> port_;
    std::unique_ptr<CloudOperator> operator_;
    std::optional<EarlyEnd> early_;
    TimePoint begun_{};
    WallTime began_{};
    Duration look_every_{};
    Duration lasted_{};
    Clock::TimerId look_at_ = 0;
    bool is_finished_ = false;
};

}  // namespace

LoadOutcome play_virtual_load(LoadRunOptions const& options) { return VirtualRun(options).play(); }

}  // namespace drydock::rig
