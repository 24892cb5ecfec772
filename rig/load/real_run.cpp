// A load run on real sockets: the server in its process, the fleet in worker processes, the operator
// and the record here.
#include "rig/load/cloud_operator.h"
#include "rig/load/load_run.h"
#include "rig/load/own_server.h"
#include "rig/load/server_watch.h"
#include "rig/load/target_probe.h"
#include "rig/load/tick_board.h"
#include "rig/load/worker_pool.h"
#include "server/base/real_loop.h"
#include "server/base/spawn.h"
#include "server/net/tcp.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace drydock::rig {

namespace {

constexpr auto k_look = std::chrono::milliseconds(50);  // for interrupts and what else is polled
constexpr Duration k_set_up_max = std::chrono::seconds(60);
constexpr Duration k_after_the_end_max = std::chrono::seconds(30);
constexpr Duration k_lead = std::chrono::milliseconds(200);  // from the order to begin to the beginning

class RealRun {
public:
    explicit RealRun(LoadRunOptions const& options)
        : options_(options),
          plan_(plan_of(options.plan)),
          network_(real_),
          recorder_(plan_),
          abort_(plan_.thresholds) {}

    LoadOutcome play() {
        try {
            get_ready();
        } catch (InterruptedError const&) { return outcome(); }
        if (is_interrupted()) { return outcome(); }
        begin();
        run_to_the_end();
        return outcome();
    }

private:
    [[nodiscard]] bool is_interrupted() const { return options_.is_interrupted != nullptr && *options_.is_interrupted; }
    void say(std::string const& step) const {
        if (options_.on_step) { options_.on_step(step); }
    }

    // --- before anything starts
    void get_ready() {
        check();
        open_cloud();
        start_workers();
        prepare();
    }

    void check() {
        Whose const whose = options_.cloud ? Whose::foreign : Whose::ours;
        for (load::Happening const& one : plan_.happenings) {
            if (options_.cloud && !is_of_the_fleet(one.kind)) {
                throw InfrastructureError("'" + one.text + "' needs a server of the rig's own: leave out the target");
            }
            if (options_.shard.of > 1 && !is_of_the_fleet(one.kind)) {
                throw InfrastructureError("'" + one.text + "' cannot be played by one shard of several");
            }
        }
        std::uint64_t const devices = devices_of(plan_, options_.shard);
        if (devices == 0) {
            throw std::invalid_argument(fmt::format("part {} of {} has no device: the plan has {}",
                                                    options_.shard.index + 1, options_.shard.of, plan_.devices()));
        }
        WorkerCount const count = workers_for(devices, limits_of_this_machine(), whose, options_.workers);
        if (!count.refusal.empty()) { throw InfrastructureError(count.refusal); }
        workers_ = count.workers;
        if (options_.cloud) {
            check_target();
            take_tokens();
        }
    }

    // Each door that devices of the plan will come to.
    void check_target() {
        auto const has_tls = [](load::Population const& one) { return one.has_tls; };
        auto const& populations = plan_.populations;
        if (!std::all_of(populations.begin(), populations.end(), has_tls)) { probe({options_.cloud->plain, {}, {}}); }
        if (std::any_of(populations.begin(), populations.end(), has_tls)) {
            auto trust = TlsContext::client(options_.cloud->authority, TlsContext::Verify::yes);
            probe({options_.cloud->secure, std::move(trust), options_.cloud->tls_host});
        }
    }

    void probe(Target const& target) {
        say(fmt::format("asking {}:{} what it speaks", target.address.host, target.address.port));
        // Shared with the asking, which an interrupt leaves behind.
        auto const why_not = std::make_shared<std::optional<std::string>>();
        spawn(real_.loop().executor, "probe", ask(target, why_not));
        wait([&why_not] { return why_not->has_value(); }, k_set_up_max);
        if (is_interrupted()) { throw InterruptedError("interrupted"); }
        if (!*why_not) { throw InfrastructureError("the target did not answer in a minute"); }
        if (!(*why_not)->empty()) { throw InfrastructureError(**why_not); }
    }

    boost::asio::awaitable<void> ask(Target target, std::shared_ptr<std::optional<std::string>> why_not) {
        *why_not = co_await why_no_device_port(real_.loop(), network_, std::move(target));
    }

    void take_tokens() {
        tokens_ = options_.cloud->take_tokens();
        if (is_interrupted()) { throw InterruptedError("interrupted"); }
    }

    void open_cloud() {
        if (options_.cloud) {
            setup_.plain = options_.cloud->plain;
            setup_.secure = options_.cloud->secure;
            setup_.authority = options_.cloud->authority;
            setup_.tls_host = options_.cloud->tls_host;
            return;
        }
        say(fmt::format("filling a store with {} tokens", plan_.devices()));
        server_ =
            std::make_unique<OwnServer>(plan_, options_.daemon, options_.log, options_.faulty, options_.is_interrupted);
        DaemonProcess const& daemon = server_->daemon();
        setup_.plain = {"127.0.0.1", daemon.plain_port()};
        setup_.secure = {"127.0.0.1", daemon.secure_port()};
        setup_.authority = daemon.authority();
        setup_.tls_host = "localhost";
    }

    void start_workers() {
        setup_.program = options_.program;
        setup_.plan = options_.plan;
        setup_.seed = plan_.seed;
        setup_.shard = options_.shard;
        say(fmt::format("starting {} worker{} for {} devices", workers_, workers_ == 1 ? "" : "s",
                        devices_of(plan_, options_.shard)));
        board_ =
            std::make_unique<TickBoard>(workers_, [this](Duration at, FleetLook look) { tick(at, std::move(look)); });
        WorkerPool::Told told;
        told.tick = [this](WorkerTick one) { board_->add(std::move(one)); };
        told.event = [this](Event event) { events_.push_back(std::move(event)); };
        told.asked = [this](std::size_t happening) { perform(happening); };
        pool_ = std::make_unique<WorkerPool>(
            real_.loop(), setup_, workers_, [this](load::Shard shard) { return tokens_for(shard); }, std::move(told));
        wait([this] { return pool_->are_ready(); }, k_set_up_max);
        if (!pool_->are_ready() && !is_interrupted()) {
            throw InfrastructureError("the load workers did not get ready in a minute");
        }
    }

    std::vector<load::TokenText> tokens_for(load::Shard shard) const {
        if (!options_.cloud) { return tokens_of(server_->stock(), shard); }
        std::vector<load::TokenText> tokens;
        for (std::uint64_t i = shard.index; i < plan_.devices(); i += shard.of) {
            tokens.push_back(tokens_.at((i - options_.shard.index) / options_.shard.of));
        }
        return tokens;
    }

    void prepare() {
        if (!server_ || is_interrupted()) { return; }
        Target const target{setup_.plain, nullptr, {}};
        operator_ =
            std::make_unique<CloudOperator>(real_.loop(), network_, target, server_->stock(), *pool_, server_.get());
        std::optional<std::string> prepared;
        operator_->prepare(plan_, [&prepared](std::string sentence) { prepared = std::move(sentence); });
        wait([&prepared] { return prepared.has_value(); }, k_set_up_max);
        if (prepared && !prepared->empty()) { throw InfrastructureError(*prepared); }
        if (!prepared && !is_interrupted()) {
            throw InfrastructureError("the customers could not all sign in within a minute");
        }
    }

    // --- the run
    void begin() {
        Loop& loop = real_.loop();
        Duration lead = k_lead;
        if (options_.begin) {
            lead = *options_.begin - loop.clock.wall();
            if (lead < Duration{}) {
                throw InfrastructureError("the shared beginning is over already: give all shards a later --begin");
            }
            say(fmt::format("waiting {:.0f} s for the shared beginning", std::chrono::duration<double>(lead).count()));
        }
        begun_ = loop.clock.now() + lead;
        began_ = loop.clock.wall() + std::chrono::duration_cast<std::chrono::milliseconds>(lead);
        pool_->begin(begun_);
        if (server_) { static_cast<void>(server_watch_.look(server_->daemon().process_id(), loop.clock.now())); }
        for (load::Happening const& one : plan_.happenings) {
            if (!is_of_the_fleet(one.kind)) { continue; }
            loop.clock.call_at(begun_ + one.at, [this, &one] { recorder_.happened(one.at, one.text, {}); });
        }
    }

    void perform(std::size_t happening) {
        if (happening >= plan_.happenings.size() || is_ending_ || !operator_) { return; }
        load::Happening const& what = plan_.happenings[happening];
        std::size_t const event = recorder_.begins(what.at, what.text);
        operator_->perform(what, [this, happening, event](std::string const& outcome) {
            recorder_.ended(event, outcome);
            pool_->performed(happening, outcome);
        });
    }

    void tick(Duration at, FleetLook look) {
        TimePoint const now = real_.loop().clock.now();
        auto const server = server_ ? server_watch_.look(server_->daemon().process_id(), now) : std::nullopt;
        // After an interrupt the fleet is torn down: its losses are nobody's.
        if (early_ && early_->why == EarlyEnd::Why::interrupted) {
            return recorder_.look_after_interrupt(std::move(look.fresh));
        }
        std::uint64_t const arrived = look.arrived;
        report::LoadTick const& tick = recorder_.look(at, std::move(look), server);
        last_ = std::min(at, plan_.phases.end());
        arrived_ = arrived;
        if (!early_) {
            if (auto end = end_of_server(at)) { end_early(std::move(*end)); }
        }
        if (!early_) {
            if (auto const finding = abort_.look(at, recorder_.summary())) { end_early(gave_up_after(at, *finding)); }
        }
        if (options_.on_progress) { progress(at, tick); }
    }

    // Events of the plan end it too, and have started it again when they return.
    [[nodiscard]] std::optional<EarlyEnd> end_of_server(Duration at) const {
        if (!server_) { return std::nullopt; }
        auto const how = server_->daemon().end_report(std::chrono::milliseconds(0));
        return how ? std::optional(server_ended_after(at, *how)) : std::nullopt;
    }

    void progress(Duration at, report::LoadTick const& tick) const {
        LoadProgress progress;
        progress.at = at;
        progress.end = plan_.phases.end();
        progress.phase = phase_name_at(plan_, at);
        progress.devices = devices_of(plan_, options_.shard);
        progress.arrived = arrived_;
        for (auto const& [cause, count] : recorder_.errors()) { progress.errors += count; }
        progress.tick = tick;
        options_.on_progress(progress);
    }

    void end_early(EarlyEnd end) {
        early_ = std::move(end);
        is_ending_ = true;
        pool_->stop();
    }

    void run_to_the_end() {
        TimePoint const give_up = begun_ + plan_.phases.end() + k_after_the_end_max;
        while (!pool_->are_finished() || !are_events_in_) {
            real_.reactor().restart();
            real_.reactor().run_one_for(k_look);
            if (!pool_->failure().empty()) { throw InfrastructureError(pool_->failure()); }
            if (is_interrupted() && !early_) {
                end_early(interrupted_after(std::max(Duration{}, real_.loop().clock.now() - begun_)));
            }
            if (pool_->are_finished()) { are_events_in_ = true; }
            if (real_.loop().clock.now() > give_up) {
                throw InfrastructureError("the load workers did not come to an end with the plan");
            }
        }
        if (!early_) { early_ = end_of_server(last_); }
        is_ending_ = true;
        board_->close_all();
    }

    LoadOutcome outcome() {
        if (is_interrupted() && !early_) {
            early_ =
                EarlyEnd{EarlyEnd::Why::interrupted, "interrupted before it began", load::RunVerdict::inconclusive};
        }
        LoadOutcome outcome;
        GeneratorFacts facts = recorder_.generator();
        kernel_.add_to(facts);
        outcome.record = recorder_.finish(facts, early_);
        outcome.record.machine = machine_text();
        outcome.record.workers = workers_;
        outcome.record.shards = {{options_.shard.index, options_.shard.of}};
        outcome.record.began_ms = static_cast<double>(began_.time_since_epoch().count());
        outcome.events = std::move(events_);
        outcome.is_interrupted = early_ && early_->why == EarlyEnd::Why::interrupted;
        outcome.has_wrong_answers = has_wrong_answers(recorder_.summary());
        outcome.lasted = last_;
        return outcome;
    }

    // Runs the loop until `done`, an interrupt, a worker's end, or so long.
    template <class Done>
    void wait(Done done, Duration most) {
        TimePoint const give_up = real_.loop().clock.now() + most;
        while (!done() && !is_interrupted() && real_.loop().clock.now() < give_up) {
            real_.reactor().restart();
            real_.reactor().run_one_for(k_look);
            if (pool_ && !pool_->failure().empty()) { throw InfrastructureError(pool_->failure()); }
        }
    }

    LoadRunOptions const& options_;
    load::LoadPlan plan_;
    RealLoop real_;
    TcpNetwork network_;
    LoadRecorder recorder_;
    load::AbortWatch abort_;
    KernelWatch kernel_;
    ServerWatch server_watch_;
    unsigned workers_ = 1;
    WorkerSetup setup_;
    std::vector<load::TokenText> tokens_;  // of a cloud that somebody else runs
    std::unique_ptr<OwnServer> server_;
    std::unique_ptr<TickBoard> board_;
    std::unique_ptr<WorkerPool> pool_;
    std::unique_ptr<CloudOperator> operator_;
    std::vector<Event> events_;
    std::optional<EarlyEnd> early_;
    TimePoint begun_{};
    WallTime began_{};
    Duration last_{};
    std::uint64_t arrived_ = 0;
    bool is_ending_ = false;
    bool are_events_in_ = false;
};

}  // namespace

LoadOutcome play_load(LoadRunOptions const& options) {
    std::signal(SIGPIPE, SIG_IGN);
    return RealRun(options).play();
}

}  // namespace drydock::rig
