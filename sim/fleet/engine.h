// The machinery behind Fleet. One object, written down in parts by idea:
//   fleet.cpp       who is there, what is due, arriving and leaving, the live view
//   dialing.cpp     connections: begun, standing, lost, given up
//   session.cpp     bytes and frames, the answer to the login and whether it is right
//   deeds.cpp       pings and reports of those who are online
//   tempers.cpp     what bad devices do, and power cuts
//   happenings.cpp  what the plan brings upon many at once, and the operator's word
#pragma once

#include "sim/fleet/counting.h"
#include "sim/fleet/dues.h"
#include "sim/fleet/fleet.h"
#include "sim/fleet/roster.h"

#include <optional>
#include <span>

namespace drydock::load {

// A slow reader takes a few bytes, then rests.
constexpr Duration k_slow_pause = std::chrono::milliseconds(200);
// How long a Linux system repeats what is not acknowledged before it breaks the connection.
constexpr Duration k_repeats_end = std::chrono::seconds(924);
// So long a ping may wait for its answer.
constexpr Duration k_answer_patience = std::chrono::seconds(20);
// So long a device may stay connected after the removal of its token was answered.
constexpr Duration k_cut_patience = std::chrono::seconds(10);

class FleetEngine {
public:
    FleetEngine(Fleet& fleet, Loop& loop, Dialer& dialer, EventLog& events, LoadPlan const& plan, FleetOptions options,
                Operator& who);

    void start(TimePoint begin, std::function<void()> on_finished);
    void stop();
    [[nodiscard]] FleetSnapshot snapshot() const;
    [[nodiscard]] std::uint64_t online() const { return online_; }
    [[nodiscard]] Summary& summary() { return tally_.summary(); }
    [[nodiscard]] std::vector<std::uint64_t> pick(Wanted wanted, std::uint64_t count);
    void was_claimed(std::uint64_t index, Duration took, bool is_in_right_place);
    void claim_failed(std::uint64_t index);
    void release(std::vector<std::uint64_t> const& indices);
    void was_unclaimed(std::uint64_t index);
    void was_deleted(std::uint64_t index, TimePoint answered);
    void server_is_away(bool is_away);

private:
    friend struct Device;
    // Items of dues_ behind the devices.
    enum class Clockwork { arrival, leaving, phase, happening, look, forgiven, count };

    // --- fleet.cpp
    [[nodiscard]] TimePoint now() const { return loop_.clock.now(); }
    [[nodiscard]] std::size_t slot_of(Device const& device) const {
        return static_cast<std::size_t>(&device - devices_.data());
    }
    [[nodiscard]] std::uint64_t index_of(Device const& device) const {
        return slot_of(device) * options_.shard.of + options_.shard.index;
    }
    [[nodiscard]] Device* device_at(std::uint64_t index);
    [[nodiscard]] std::size_t item_of(Clockwork what) const { return devices_.size() + static_cast<std::size_t>(what); }
    [[nodiscard]] std::uint64_t draw(Device& device, std::uint64_t bound);
    [[nodiscard]] Duration draw(Device& device, Duration bound);
    [[nodiscard]] Duration draw_between(Device& device, Duration least, Duration greatest);
    void make_devices();
    void on_due(std::size_t item, TimePoint due);
    void on_clockwork(Clockwork what, TimePoint due);
    void arrive();
    void leave();
    void next_phase();
    void look(TimePoint due);
    void finish();
    // Plans when this device needs attention next. After everything that may have changed it.
    void touch(Device& device);
    void reckon(Device& device);  // whether it is expected, and present
    void note(Device& device, char const* kind, Fields fields = {});
    void remember(Device& device, char const* kind);
    [[nodiscard]] std::uint32_t word_of(char const* kind);
    void recall(Device& device);
    void fail(Device& device, Cause cause);
    [[nodiscard]] Cell& cell(Device const& device) { return tally_.cell(device.link); }
    [[nodiscard]] Cell& claim_cell(Device const& device) { return tally_.cell_of(claim_phase_, device.link); }
    void late(Device const& device, TimePoint intended);

    // --- dialing.cpp
    void power_on(Device& device, TimePoint intended);
    void step(Device& device);  // the firmware's own deadline has come
    void dial(Device& device);
    void on_dialed(Device& device, result<StreamPtr> connected);
    void connect_failed(Device& device, Cause cause);
    void on_patience(Device& device);
    void hang_up(Device& device);
    // Times what is under way from when the link lets it begin.
    void wait_for_way(Device& device);
    void on_closed(Device& device);
    void set_attached(Device& device);
    // From here on it cannot hear that it is cut off.
    void end_cut_watch(Device& device);
    // The connection does not serve any more, since `when`.
    void went_down(Device& device, TimePoint when);
    [[nodiscard]] bool is_forgiven(Device const& device) const;
    void end_forgiveness();

    // --- session.cpp
    void listen(Device& device);
    void on_readable(Device& device);
    void take(Device& device, BytesView bytes);
    void hear(Device& device, wire::Frame const& frame, Bytes& out);
    void hear_login(Device& device, std::uint16_t status);
    void refused_live(Device& device, std::uint16_t status);
    void login_lost(Device& device, Cause cause);
    void answered_wrongly(Device& device);
    [[nodiscard]] bool is_token_dead(Device const& device) const;
    void came_online(Device& device);
    void login_sent(Device& device);
    // False when the connection turned out to be dead.
    bool send(Device& device, Bytes const& bytes);
    void flush(Device& device);

    // --- deeds.cpp
    [[nodiscard]] std::span<Deed> deeds_of(Device const& device);
    void begin_deeds(Device& device);
    void end_deeds(Device& device, bool is_way_lost);
    void do_deeds(Device& device);
    void do_deed(Device& device, std::size_t which);
    void report(Device& device, std::size_t which);
    void hear_answer(Device& device, wire::Frame const& frame);
    void message_lost(Device& device, std::uint64_t count = 1);
    void plan_deed(Device& device, std::size_t which);
    [[nodiscard]] TimePoint next_deed(Device const& device);

    // --- tempers.cpp
    void begin_temper(Device& device);
    void on_temper(Device& device);
    void cut_power(Device& device, TimePoint until);
    void break_protocol(Device& device);
    void bad_device_kept(Device& device);
    void shorten_login(Device& device, Bytes& login);

    // --- happenings.cpp
    void happen(TimePoint due);
    void happen_to_fleet(Happening const& what, std::size_t number);
    void ask_operator(Happening const& what);
    void performed(Happening const& what, std::string const& sentence);
    void lose_cell(Device& device, TimePoint until);
    void end_outage(Device& device);
    void lose_way(Device& device);
    void clear_doom();
    void set_free(Device& device);
    [[nodiscard]] bool is_wanted(Device const& device, Wanted wanted) const;

    Fleet& fleet_;
    Loop& loop_;
    Dialer& dialer_;
    EventLog& events_;
    LoadPlan plan_;
    FleetOptions options_;
    Operator& operator_;
    std::uint64_t seed_;
    Tally tally_;
    std::vector<LinkGround> grounds_;  // of each link of the plan
    std::vector<Device> devices_;
    std::vector<Deed> deeds_;  // those of a device stand together, in the order of its slot
    // The last of what befell each device, for those to whom something wrong happens later. Empty
    // when the plan wants no such samples.
    std::vector<Memories> memories_;
    std::vector<char const*> words_;  // that memories name: literals
    Dues dues_;
    PlanStream arrivals_;
    PlanStream leavings_;
    std::optional<Due> next_arrival_;
    std::optional<Due> next_leaving_;
    TimePoint begin_{};
    std::function<void()> on_finished_;
    Bytes chunk_;  // every read goes through this one buffer
    Bytes out_;    // what one step of a device sends
    std::size_t next_happening_ = 0;
    std::uint64_t online_ = 0;
    std::uint64_t samples_left_ = 0;  // of those to whom something wrong happened
    std::uint64_t picks_ = 0;
    std::size_t claim_phase_ = 0;  // when devices were last picked to be claimed
    unsigned deletions_ = 0;       // happenings under way that delete tokens
    bool is_asking_ = false;       // within Operator::perform
    bool is_asked_to_delete_ = false;
    bool is_away_ = false;
    std::uint8_t away_turn_ = 0;  // grows whenever the server goes or comes back on purpose
    bool is_running_ = false;
    // Calls that come after the engine's end look here first.
    std::shared_ptr<FleetEngine*> self_;
};

}  // namespace drydock::load
