#include "rig/scenario/load_loader.h"

#include "rig/scenario/diagnostics.h"
#include "rig/scenario/link_reader.h"
#include "rig/scenario/load_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace drydock::rig {

namespace {

constexpr std::size_t k_links_max = 100;
constexpr Duration k_after_the_end = std::chrono::minutes(1);  // to set up and to tear down

// One load scenario. Each part is read for itself, so that a mistake in one hides none in another.
class LoadReader {
public:
    LoadReader(FieldReader& fields, Value const& root, Scenario& scenario)
        : fields_(fields), root_(root), scenario_(scenario) {}

    void read() {
        std::size_t const before = fields_.complaints();
        plan_.id = scenario_.id;
        plan_.title = scenario_.title;
        plan_.seed = scenario_.seed.value_or(1);
        links();
        populations();
        std::size_t seen = fields_.complaints();
        if (auto const* session = root_.find("session")) { plan_.session = read_session(fields_, *session); }
        is_session_read_ = fields_.complaints() == seen;
        phases();
        seen = fields_.complaints();
        if (auto const* events = root_.find("events")) { plan_.happenings = read_events(fields_, *events, plan_); }
        are_events_read_ = fields_.complaints() == seen;
        thresholds();
        if (auto const* sample = root_.find("sample")) { sampling(*sample); }
        if (auto const* clock = root_.find("clock")) { benches(*clock); }
        timeout();
        if (fields_.complaints() == before) { scenario_.load = std::move(plan_); }
    }

private:
    Value const* needed(std::string_view key, std::string way_out) {
        Value const* const value = root_.find(key);
        if (value == nullptr) {
            fields_.complain(root_.at, "'" + std::string(key) + "' is missing", std::move(way_out));
        }
        return value;
    }

    // The built-in ones, those of the scenario in their place or behind them.
    void links() {
        known_links_ = built_in_links();
        auto const* value = root_.find("links");
        if (value == nullptr || fields_.map(*value, "links", "{slow: {like: lte-m, loss: 5%}}") == nullptr) { return; }
        if (value->map()->size() > k_links_max) {
            return fields_.complain(value->at, "a load run has at most 100 links of its own", "take some out");
        }
        for (auto const& [name, item] : *value->map()) {
            LinkProfile link = link_of(fields_, name, item);
            link.name = name;
            auto const same = std::find_if(known_links_.begin(), known_links_.end(),
                                           [&](LinkProfile const& one) { return one.name == link.name; });
            if (same == known_links_.end()) {
                known_links_.push_back(std::move(link));
            } else {
                *same = std::move(link);
            }
        }
    }

    // The plan gets the links that somebody uses, in the order of first use.
    void populations() {
        auto const* value = needed("population", "say who takes part: {fleet: {count: 5000, link: lte-m}}");
        if (value == nullptr) { return; }
        plan_.populations = read_populations(fields_, *value, known_links_);
        for (load::Population const& population : plan_.populations) {
            auto const is_its = [&](LinkProfile const& link) { return link.name == population.link; };
            auto const link = std::find_if(known_links_.begin(), known_links_.end(), is_its);
            bool const is_there = std::any_of(plan_.links.begin(), plan_.links.end(), is_its);
            if (link != known_links_.end() && !is_there) { plan_.links.push_back(*link); }
        }
        if (plan_.devices() > load::Arrivals::k_count_max) {
            fields_.complain(value->at, "a run has at most 100000000 devices", "lower the counts of its populations");
        }
    }

    void phases() {
        auto const* value = needed("phases", "say who arrives when: - {name: ramp, for: 90s, arrive: {from: 50/s}}");
        if (value == nullptr) { return; }
        auto const before = fields_.complaints();
        auto const listed = read_phase_specs(fields_, *value);
        plan_.phase_specs = listed.specs;
        bool const is_bounded = plan_.devices() != 0 && plan_.devices() <= load::Arrivals::k_count_max;
        if (listed.specs.empty() && fields_.complaints() != before) { return; }
        // Without a population everything else about the phases can still be judged.
        auto const planned =
            load::Phases::plan(listed.specs, is_bounded ? plan_.devices() : load::Arrivals::k_count_max);
        if (planned.has_error()) {
            return complain(fields_, planned.error(), FieldPlaces{listed.name, listed.values, value->at});
        }
        if (fields_.complaints() != before) { return; }
        plan_.phases = *planned;
        if (is_bounded) { check_everybody_arrives(); }
    }

    void check_everybody_arrives() {
        std::uint64_t const arriving = plan_.phases.arrivals();
        std::uint64_t const devices = plan_.devices();
        if (arriving >= devices) { return; }
        Value const& population = *root_.find("population");
        auto const* count = population.map()->size() == 1 ? population.map()->front().second.find("count") : nullptr;
        fields_.complain(
            count == nullptr ? population.at : count->at,
            "the phases bring " + std::to_string(arriving) + " of these " + std::to_string(devices) + " devices",
            "lower the count by " + std::to_string(devices - arriving) + ", or let so many more arrive");
    }

    void thresholds() {
        auto const* value = needed("thresholds", "without one the run could not fail");
        if (value == nullptr) { return; }
        auto const listed = read_threshold_specs(fields_, *value);
        check_places(listed);
        load::KnownPlaces known;
        for (load::PhaseSpec const& phase : plan_.phase_specs) { known.phases.emplace_back(phase.name); }
        for (LinkProfile const& link : plan_.links) { known.links.emplace_back(link.name); }
        auto read = load::read_thresholds(listed.specs, known);
        if (read.has_error()) {
            return complain(fields_, read.error(), FieldPlaces{listed.name, listed.values, value->at});
        }
        plan_.thresholds = std::move(*read);
    }

    // A threshold about a link nobody uses could never be measured.
    void check_places(ListedSpecs<load::ThresholdSpec> const& listed) {
        auto const used = names_of(plan_.links);
        std::vector<std::string> phases;
        for (load::PhaseSpec const& phase : plan_.phase_specs) { phases.push_back(phase.name); }
        for (std::size_t i = 0; i < listed.specs.size(); ++i) {
            check_deed(*listed.values[i], listed.specs[i]);
            check_place(*listed.values[i], "phase", phases, "no phase is called ");
            check_place(*listed.values[i], "link", used, "nobody uses a link ");
        }
    }

    // A threshold about what nobody does could never be measured. What could not be read may have done it.
    void check_deed(Value const& threshold, load::ThresholdSpec const& spec) {
        using Kind = load::Happening::Kind;
        auto const happens = [this](Kind kind) {
            auto const is_so = [kind](auto const& one) { return one.kind == kind; };
            return !are_events_read_ || std::ranges::any_of(plan_.happenings, is_so);
        };
        auto const does = [this](load::Activity::Kind kind) {
            auto const is_so = [kind](auto const& one) { return one.kind == kind; };
            return !is_session_read_ || std::ranges::any_of(plan_.session, is_so);
        };
        bool const pings = does(load::Activity::Kind::ping);
        bool const sends = pings || does(load::Activity::Kind::report);
        struct Deed {
            char const* metric;  // its name begins so
            bool is_done;
            char const* sentence;
            char const* way_out;
        };
        Deed const deeds[] = {
            {"claim.", happens(Kind::claim_burst), "nobody claims in this run", "add the event claim.burst"},
            {"cut_off.", happens(Kind::delete_token), "no token is deleted", "add the event tokens.delete"},
            {"messages.latency", pings, "nobody pings in this run", "let the session do device.ping"},
            {"messages.loss_ratio", sends, "nobody sends anything", "let the session do device.ping or device.report"}};
        for (Deed const& deed : deeds) {
            if (deed.is_done || !spec.metric.starts_with(deed.metric)) { continue; }
            auto const* metric = threshold.find("metric");
            fields_.complain(metric == nullptr ? threshold.at : metric->at,
                             fmt::format("{}: '{}' could never be measured", deed.sentence, spec.metric), deed.way_out);
        }
    }

    void check_place(Value const& threshold, std::string_view key, std::vector<std::string> const& known,
                     std::string const& sentence) {
        auto const* value = threshold.find(key);
        if (value == nullptr || value->text() == nullptr || known.empty()) { return; }
        if (std::find(known.begin(), known.end(), *value->text()) != known.end()) { return; }
        fields_.complain(value->at, sentence + "'" + *value->text() + "'", way_to(*value->text(), known));
    }

    void sampling(Value const& value) {
        if (fields_.map(value, "sample", "{full_evidence: 20, on_failure: 50}") == nullptr) { return; }
        fields_.check_keys(value, "in 'sample'", {"full_evidence", "on_failure"});
        if (auto const* full = value.find("full_evidence")) {
            plan_.sampling.full = fields_.count(*full, "full_evidence").value_or(0);
        }
        if (auto const* more = value.find("on_failure")) {
            plan_.sampling.on_failure = fields_.count(*more, "on_failure").value_or(0);
        }
    }

    // `clock` is a short way to name benches.
    void benches(Value const& value) {
        std::string const clock = fields_.text(value, "clock");
        if (clock != "wall" && clock != "virtual") {
            return fields_.complain(value.at, "'clock' is neither wall nor virtual",
                                    "write wall for real sockets, virtual for virtual time");
        }
        if (!scenario_.benches.empty()) {
            return fields_.complain(value.at, "'clock' and 'benches' say the same thing", "keep one of them");
        }
        scenario_.benches = clock == "wall" ? std::vector<std::string>{"loopback", "loopback-tls"}
                                            : std::vector<std::string>{"virtual"};
    }

    void timeout() {
        Duration const end = plan_.phases.end();
        auto const* value = root_.find("timeout");
        if (value == nullptr) {
            scenario_.timeout = end + k_after_the_end;
        } else if (scenario_.timeout <= end && !fields_.has_complained_at(value->at)) {
            fields_.complain(value->at, "the phases last " + load::print(end) + ", and then nothing is left",
                             "give it at least a minute more than the phases, or leave it out");
        }
    }

    FieldReader& fields_;
    Value const& root_;
    Scenario& scenario_;
    load::LoadPlan plan_;
    std::vector<LinkProfile> known_links_;
    bool is_session_read_ = false;  // without a complaint
    bool are_events_read_ = false;
};

}  // namespace

std::vector<std::string> const& load_head_keys() {
    static std::vector<std::string> const keys{"links",  "population", "session", "phases",
                                               "events", "thresholds", "sample",  "clock"};
    return keys;
}

void read_load(FieldReader& fields, Value const& root, Scenario& scenario) {
    LoadReader(fields, root, scenario).read();
}

}  // namespace drydock::rig
