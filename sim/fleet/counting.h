// What a fleet counts: cells of the summary for the phase it is in, causes of what went wrong, and
// who is online of those who should be. Part of the engine (engine.h).
#pragma once

#include "sim/fleet/load_plan.h"
#include "sim/fleet/summary.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::load {

enum class Cause {
    connect_refused,
    connect_timeout,
    connect_lost,  // reset, aborted, no TLS
    machine_full,  // no descriptor, port or buffer left for the generator: its own fault
    auth_refused_9,
    auth_refused_otherwise,
    auth_accepted_wrongly,
    auth_closed,
    auth_silent,
    connection_closed,  // while online
    connection_silent,
    protocol_broken,  // by the cloud
    way_lost,         // half a connection or login was lost with its way, by the plan: no failure
    message_lost,
    claim_failed,
    claim_wrong_org,
    cut_off_missing,  // still connected long after its token was deleted
    bad_device_kept,  // one that breaks the protocol was not closed for it
    lost_while_away,  // any of these while the server was down on purpose: no failure
};
constexpr std::size_t k_causes = 19;

[[nodiscard]] std::string_view name_of(Cause cause);  // a literal
// True for what no cloud may do, however bad the network is.
[[nodiscard]] bool is_wrong(Cause cause);

class Tally {
public:
    explicit Tally(LoadPlan const& plan);

    // The cell of the phase the run is in.
    [[nodiscard]] Cell& cell(std::size_t link) { return cell_of(phase_, link); }
    // The cell of another phase, for what began in it.
    [[nodiscard]] Cell& cell_of(std::size_t phase, std::size_t link) {
        Cell*& known = cells_[phase * links_.size() + link];
        return known != nullptr ? *known : made(phase, link);
    }
    void begin_phase(std::size_t phase) { phase_ = phase; }
    [[nodiscard]] std::size_t phase() const { return phase_; }
    [[nodiscard]] std::string const& phase_name() const { return phases_[phase_]; }

    void add(Cause cause) { ++causes_[static_cast<std::size_t>(cause)]; }
    void arrived() { ++arrived_; }
    void expect(std::size_t link, bool is_more) { is_more ? ++expected_[link] : --expected_[link]; }
    void present(std::size_t link, bool is_more) { is_more ? ++present_[link] : --present_[link]; }
    // Adds who is online, of those who should be, to the cells.
    void look();

    [[nodiscard]] std::uint64_t arrivals() const { return arrived_; }
    [[nodiscard]] std::uint64_t expected() const;
    [[nodiscard]] std::map<std::string, std::uint64_t> errors() const;
    [[nodiscard]] Summary& summary() { return summary_; }

private:
    Cell& made(std::size_t phase, std::size_t link);

    Summary summary_;
    std::vector<std::string> phases_;
    std::vector<std::string> links_;
    std::vector<Cell*> cells_;
    std::size_t phase_ = 0;
    std::array<std::uint64_t, k_causes> causes_{};
    std::vector<std::uint64_t> expected_;  // by link
    std::vector<std::uint64_t> present_;
    std::uint64_t arrived_ = 0;
};

}  // namespace drydock::load
