#include "sim/fleet/fleet.h"

#include "server/base/check.h"
#include "server/net/tcp.h"
#include "sim/fleet/draws.h"
#include "sim/fleet/engine.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace drydock::load {

namespace {

constexpr std::size_t k_chunk_bytes = std::size_t{64} * 1024;
constexpr Duration k_look_every = std::chrono::seconds(1);

// How many of the plan's devices this shard has.
std::uint64_t devices_of(LoadPlan const& plan, Shard shard) {
    if (shard.of == 0 || shard.index >= shard.of) {
        throw std::invalid_argument("a shard has a number below the number of shards");
    }
    return plan.devices() / shard.of + (plan.devices() % shard.of > shard.index ? 1 : 0);
}

std::uint64_t checked_devices(LoadPlan const& plan, FleetOptions const& options) {
    if (plan.phases.all().empty()) { throw std::invalid_argument("the plan has no phase"); }
    if (plan.devices() == 0 || plan.phases.arrivals() > plan.devices()) {
        throw std::invalid_argument("the plan lets " + std::to_string(plan.phases.arrivals()) +
                                    " devices arrive and has " + std::to_string(plan.devices()));
    }
    std::uint64_t const devices = devices_of(plan, options.shard);
    if (options.tokens.size() != devices) {
        throw std::invalid_argument("this shard has " + std::to_string(devices) + " devices and " +
                                    std::to_string(options.tokens.size()) + " tokens");
    }
    auto const has_tls = [](Population const& one) { return one.has_tls && one.count > 0; };
    if (std::ranges::any_of(plan.populations, has_tls) && !options.tls) {
        throw std::invalid_argument("the plan has devices with TLS, and there is no TLS context for them");
    }
    return devices;
}

}  // namespace

class Fleet::Engine final : public FleetEngine {
public:
    using FleetEngine::FleetEngine;
};

Fleet::Fleet(Loop& loop, Dialer& dialer, EventLog& events, LoadPlan const& plan, FleetOptions options, Operator& who)
    : engine_(std::make_unique<Engine>(*this, loop, dialer, events, plan, std::move(options), who)) {}
Fleet::~Fleet() = default;

void Fleet::start(TimePoint begin, std::function<void()> on_finished) { engine_->start(begin, std::move(on_finished)); }
void Fleet::stop() { engine_->stop(); }
std::uint64_t Fleet::online() const { return engine_->online(); }
FleetSnapshot Fleet::snapshot() const { return engine_->snapshot(); }
Summary& Fleet::summary() { return engine_->summary(); }
std::vector<std::uint64_t> Fleet::pick(Wanted wanted, std::uint64_t count) { return engine_->pick(wanted, count); }
void Fleet::was_claimed(std::uint64_t device, Duration took, bool is_in_right_place) {
    engine_->was_claimed(device, took, is_in_right_place);
}
void Fleet::claim_failed(std::uint64_t device) { engine_->claim_failed(device); }
void Fleet::release(std::vector<std::uint64_t> const& devices) { engine_->release(devices); }
void Fleet::was_unclaimed(std::uint64_t device) { engine_->was_unclaimed(device); }
void Fleet::was_deleted(std::uint64_t device, TimePoint answered) { engine_->was_deleted(device, answered); }
void Fleet::server_is_away(bool is_away) { engine_->server_is_away(is_away); }

Device::Device(FleetEngine& its_engine, Role const& role, std::uint32_t heartbeat_seconds)
    : engine(its_engine),
      machine(role.family, heartbeat_seconds),
      link(static_cast<std::uint16_t>(role.link)),
      temper(role.temper),
      has_live_token(role.fate == TokenFate::live),
      has_tls(role.has_tls),
      resumes(role.resumes),
      is_in_feud(role.temper == Temper::cloned || role.is_copied),
      is_claimed(role.is_preclaimed) {}

void Device::on_readable() { engine.on_readable(*this); }
void Device::on_writable() { engine.flush(*this); }

Extra& Device::with_extra() {
    if (!extra) { extra = std::make_unique<Extra>(); }
    return *extra;
}

void Device::forget_temper() {
    if (extra) { extra->temper_due = k_never; }
}

void Device::drop_empty_extra() {
    if (extra && extra->is_empty()) { extra.reset(); }
}

FleetEngine::FleetEngine(Fleet& fleet, Loop& loop, Dialer& dialer, EventLog& events, LoadPlan const& plan,
                         FleetOptions options, Operator& who)
    : fleet_(fleet),
      loop_(loop),
      dialer_(dialer),
      events_(events),
      plan_(plan),
      options_(std::move(options)),
      operator_(who),
      seed_(Random(Seed{plan.seed}).fork("devices").next()),
      tally_(plan_),
      dues_(loop.clock, checked_devices(plan, options_) + static_cast<std::size_t>(Clockwork::count),
            [this](std::size_t item, TimePoint due) { on_due(item, due); }),
      arrivals_(plan.phases, Flow::arrive, Seed{plan.seed}, options_.shard),
      leavings_(plan.phases, Flow::leave, Seed{plan.seed}, options_.shard),
      chunk_(k_chunk_bytes),
      samples_left_(plan.sampling.on_failure),
      self_(std::make_shared<FleetEngine*>(this)) {
    make_devices();
    auto* const sockets = dynamic_cast<TcpNetwork*>(&dialer);
    if (sockets != nullptr) { sockets->spread_sources(options_.source_addresses); }
}

void FleetEngine::make_devices() {
    Cast const cast(plan_);
    Mix const samples(plan_.devices(), draw_of(seed_, 0, 0));
    grounds_.reserve(plan_.links.size());
    for (LinkProfile const& profile : plan_.links) { grounds_.emplace_back(loop_, dialer_, profile); }
    devices_.reserve(options_.tokens.size());
    for (std::uint64_t slot = 0; slot < options_.tokens.size(); ++slot) {
        std::uint64_t const index = slot * options_.shard.of + options_.shard.index;
        Role const role = cast.role_of(index);
        auto const beat = std::chrono::ceil<std::chrono::seconds>(plan_.populations[role.population].heartbeat);
        Device& made = devices_.emplace_back(*this, role, static_cast<std::uint32_t>(beat.count()));
        made.is_sampled = samples.place_of(index) < plan_.sampling.full;
    }
    deeds_.resize(devices_.size() * plan_.session.size());
    if (samples_left_ > 0) { memories_.resize(devices_.size()); }
}

Device* FleetEngine::device_at(std::uint64_t index) {
    if (index % options_.shard.of != options_.shard.index) { return nullptr; }
    std::uint64_t const slot = index / options_.shard.of;
    return slot < devices_.size() ? &devices_[slot] : nullptr;
}

std::uint64_t FleetEngine::draw(Device& device, std::uint64_t bound) {
    return scaled(draw_of(seed_, index_of(device), ++device.draws), bound);
}

Duration FleetEngine::draw(Device& device, Duration bound) {
    return Duration(static_cast<std::int64_t>(draw(device, static_cast<std::uint64_t>(bound.count()))));
}

Duration FleetEngine::draw_between(Device& device, Duration least, Duration greatest) {
    return least + draw(device, greatest - least);
}

void FleetEngine::start(TimePoint begin, std::function<void()> on_finished) {
    begin_ = begin;
    on_finished_ = std::move(on_finished);
    is_running_ = true;
    events_.append("plan", "load.began", {{"plan", plan_.id}, {"devices", std::to_string(devices_.size())}});
    next_arrival_ = arrivals_.next_due();
    next_leaving_ = leavings_.next_due();
    if (next_arrival_) { dues_.set(item_of(Clockwork::arrival), begin_ + next_arrival_->at); }
    if (next_leaving_) { dues_.set(item_of(Clockwork::leaving), begin_ + next_leaving_->at); }
    if (!plan_.happenings.empty()) { dues_.set(item_of(Clockwork::happening), begin_ + plan_.happenings.front().at); }
    dues_.set(item_of(Clockwork::phase), begin_ + plan_.phases.all().front().end);
    dues_.set(item_of(Clockwork::look), begin_ + k_look_every);
}

void FleetEngine::stop() {
    is_running_ = false;
    dues_.clear();
    for (Device& device : devices_) {
        hang_up(device);
        device.machine.power_off();
    }
}

void FleetEngine::on_due(std::size_t item, TimePoint due) {
    if (item >= devices_.size()) { return on_clockwork(static_cast<Clockwork>(item - devices_.size()), due); }
    Device& device = devices_[item];
    TimePoint const time = now();
    if (device.outage_due() <= time) { end_outage(device); }
    if (device.temper_due() <= time) { on_temper(device); }
    if (device.is_attaching && device.patience != k_never && device.step_began <= time) { set_attached(device); }
    if (device.patience <= time) { on_patience(device); }
    if (device.machine.next_deadline() <= time) { step(device); }
    do_deeds(device);
    touch(device);
}

void FleetEngine::on_clockwork(Clockwork what, TimePoint due) {
    switch (what) {
        case Clockwork::arrival: return arrive();
        case Clockwork::leaving: return leave();
        case Clockwork::phase: return next_phase();
        case Clockwork::happening: return happen(due);
        case Clockwork::look: return look(due);
        case Clockwork::forgiven: return end_forgiveness();
        case Clockwork::count: break;
    }
}

void FleetEngine::arrive() {
    Due const due = *next_arrival_;
    next_arrival_ = arrivals_.next_due();
    if (next_arrival_) { dues_.set(item_of(Clockwork::arrival), begin_ + next_arrival_->at); }
    Device& device = *device_at(due.index);
    device.has_arrived = true;
    tally_.arrived();
    std::uint64_t const chance = draw_of(seed_, due.index, 0);
    device.way = std::make_unique<Link>(grounds_[device.link], chance);
    power_on(device, begin_ + due.at);
    touch(device);
}

void FleetEngine::leave() {
    Due const due = *next_leaving_;
    next_leaving_ = leavings_.next_due();
    if (next_leaving_) { dues_.set(item_of(Clockwork::leaving), begin_ + next_leaving_->at); }
    Device& device = *device_at(due.index);
    device.has_left = true;
    device.is_online = false;
    device.forget_temper();
    if (device.extra) { device.extra->outage_due = k_never; }
    reckon(device);
    end_deeds(device, false);
    device.machine.power_off();
    hang_up(device);
    note(device, "device.left");
}

void FleetEngine::next_phase() {
    std::size_t const next = tally_.phase() + 1;
    if (next == plan_.phases.all().size()) { return finish(); }
    tally_.begin_phase(next);
    events_.append("plan", "load.phase", {{"name", plan_.phases.all()[next].name}});
    dues_.set(item_of(Clockwork::phase), begin_ + plan_.phases.all()[next].end);
}

void FleetEngine::look(TimePoint due) {
    tally_.look();
    // Who comes too late does not look several times at once.
    TimePoint next = due + k_look_every;
    if (next <= now()) { next += (now() - next) / k_look_every * k_look_every + k_look_every; }
    if (next < begin_ + plan_.phases.end()) { dues_.set(item_of(Clockwork::look), next); }
}

void FleetEngine::finish() {
    for (Device& device : devices_) {
        end_cut_watch(device);
        if (!device.is_sampled || !device.way || !plan_.links[device.link].is_metered) { continue; }
        note(device, "device.traffic",
             {{"up", std::to_string(device.way->bytes_up())}, {"down", std::to_string(device.way->bytes_down())}});
    }
    events_.append("plan", "load.ended");
    // In a later turn: the owner may end the fleet in it.
    boost::asio::post(loop_.executor, [guard = std::weak_ptr(self_)] {
        auto const self = guard.lock();
        if (!self || !(*self)->on_finished_) { return; }
        auto const call = std::exchange((*self)->on_finished_, nullptr);
        call();
    });
}

void FleetEngine::touch(Device& device) {
    device.drop_empty_extra();
    TimePoint next = std::min({device.temper_due(), device.outage_due(), device.patience});
    if (device.is_attaching && device.patience != k_never) { next = std::min(next, device.step_began); }
    // A half login has no patience of its own: the cloud must end it.
    bool const waits_for_close = device.temper == Temper::half_login && device.stream != nullptr;
    if (!waits_for_close) { next = std::min(next, device.machine.next_deadline()); }
    next = std::min(next, next_deed(device));
    // What moves later is found not to be due when its old time comes; that is cheaper than to move it.
    if (next < dues_.at(slot_of(device))) { dues_.set(slot_of(device), next); }
}

void FleetEngine::reckon(Device& device) {
    bool const is_good =
        device.temper == Temper::steady || device.temper == Temper::power_cuts || device.temper == Temper::slow_reader;
    bool const is_expected = device.has_arrived && !device.is_attaching && !device.has_left && !device.is_cut &&
                             !device.is_in_feud && is_good && device.has_live_token && device.deleted() == TimePoint{};
    bool const was_present = device.is_present;
    if (is_expected != device.is_expected) {
        device.is_expected = is_expected;
        tally_.expect(device.link, is_expected);
    }
    device.is_present = is_expected && device.is_online;
    if (device.is_present != was_present) { tally_.present(device.link, device.is_present); }
    if (device.is_online != device.was_online) {
        device.was_online = device.is_online;
        device.is_online ? ++online_ : --online_;
    }
}

void FleetEngine::note(Device& device, char const* kind, Fields fields) {
    if (!device.is_sampled) { return remember(device, kind); }
    events_.append("device " + std::to_string(index_of(device)), kind, std::move(fields));
}

void FleetEngine::remember(Device& device, char const* kind) {
    if (memories_.empty() || begin_ > now()) { return; }
    auto const since = std::chrono::duration_cast<std::chrono::milliseconds>(now() - begin_).count();
    Remembered& place = memories_[slot_of(device)][device.memories % k_memories];
    place.word = word_of(kind) & (k_words_max - 1);
    place.since_begin_ms =
        static_cast<std::uint32_t>(std::min<std::int64_t>(since, k_remembered_ms_max)) & k_remembered_ms_max;
    if (++device.memories == 0) { device.memories = k_memories; }
}

// There are some thirty, found by their address.
std::uint32_t FleetEngine::word_of(char const* kind) {
    auto const known = std::find(words_.begin(), words_.end(), kind);
    if (known != words_.end()) { return static_cast<std::uint32_t>(known - words_.begin()); }
    DRYDOCK_CHECK(words_.size() < k_words_max);
    words_.push_back(kind);
    return static_cast<std::uint32_t>(words_.size() - 1);
}

void FleetEngine::recall(Device& device) {
    if (memories_.empty()) { return; }
    Fields fields;
    std::uint8_t const count = std::min<std::uint8_t>(device.memories, k_memories);
    for (std::uint8_t i = 0; i < count; ++i) {
        auto const at = static_cast<std::uint8_t>(device.memories - count + i);
        Remembered const& past = memories_[slot_of(device)][at % k_memories];
        fields.emplace_back(std::to_string(past.since_begin_ms) + " ms", words_[past.word]);
    }
    note(device, "device.before", std::move(fields));
}

void FleetEngine::fail(Device& device, Cause cause) {
    tally_.add(cause);
    if (is_wrong(cause) && !device.is_sampled && samples_left_ > 0) {
        --samples_left_;
        device.is_sampled = true;
        recall(device);
    }
    if (!device.is_sampled) { return remember(device, name_of(cause).data()); }
    note(device, "device.failed", {{"cause", std::string(name_of(cause))}});
}

void FleetEngine::late(Device const& device, TimePoint intended) {
    cell(device).record(Latency::generator_late, now() - intended);
}

FleetSnapshot FleetEngine::snapshot() const {
    FleetSnapshot seen;
    seen.since_begin = is_running_ ? now() - begin_ : Duration{};
    seen.phase = tally_.phase_name();
    seen.devices = devices_.size();
    seen.arrived = tally_.arrivals();
    seen.expected = tally_.expected();
    seen.online = online_;
    seen.errors = tally_.errors();
    return seen;
}

}  // namespace drydock::load
