#include "rig/scenario/diagnostics.h"
#include "rig/scenario/load_parts.h"
#include "rig/scenario/load_words.h"

#include <algorithm>
#include <utility>

namespace drydock::rig {

namespace {

using load::Happening;

constexpr std::size_t k_events_max = 1'000;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// An event, and where the file says how many devices it concerns.
struct PlacedHappening {
    Happening what;
    Position count_at;
};

class EventReader {
public:
    EventReader(FieldReader& fields, load::LoadPlan const& plan) : fields_(fields), plan_(plan) {}

    void add(Value const& value) {
        if (fields_.map(value, "an event", "{at: hold+2m, do: server.kill}") == nullptr) { return; }
        fields_.check_keys(value, "in an event", {"at", "do", "with", "for"},
                           {{"by", "events concern the whole run: leave it out"}});
        Value const* const verb = value.find("do");
        Value const* const at = value.find("at");
        if (verb == nullptr || at == nullptr) {
            fields_.complain(value.at, "an event says what happens, and when", "write {at: hold+2m, do: server.kill}");
        }
        PlacedHappening placed{{}, value.at};
        if (at != nullptr) { placed.what.at = time_of(*at); }
        EventSpec const* const spec = verb == nullptr ? nullptr : spec_of(value, *verb);
        if (spec == nullptr) { return; }
        placed.what.kind = spec->what;
        placed.what.text = text_of(value);
        read_parameters(value, *spec, placed);
        read_duration(value, *spec, placed.what);
        placed_.push_back(std::move(placed));
    }

    // In the order of time; only possible when nothing was wrong so far.
    std::vector<Happening> sorted(bool judges_counts) {
        std::stable_sort(placed_.begin(), placed_.end(),
                         [](auto const& a, auto const& b) { return a.what.at < b.what.at; });
        if (judges_counts) { judge_counts(); }
        std::vector<Happening> happenings;
        happenings.reserve(placed_.size());
        for (PlacedHappening& placed : placed_) { happenings.push_back(std::move(placed.what)); }
        return happenings;
    }

private:
    Duration time_of(Value const& value) {
        std::string const anchor = fields_.text(value, "at");
        if (value.text() == nullptr) { return {}; }
        if (plan_.phases.all().empty()) {
            check_anchor_name(anchor, value.at);
            return {};
        }
        auto const at = plan_.phases.when(anchor, "at");
        if (at.has_value()) { return *at; }
        std::vector<Value const*> const values{&value};
        complain(fields_, at.error(), FieldPlaces{"at", values, value.at});
        return {};
    }

    // The phases are wrong, so that no time is known, but their names are.
    void check_anchor_name(std::string const& anchor, Position at) {
        std::string const name = anchor.substr(0, anchor.find('+'));
        std::vector<std::string> names;
        for (load::PhaseSpec const& spec : plan_.phase_specs) { names.push_back(spec.name); }
        bool const is_time = load::read_duration(anchor).has_value();
        if (names.empty() || is_time || std::find(names.begin(), names.end(), name) != names.end()) { return; }
        fields_.complain(at, "there is no phase " + quoted(name), way_to(name, names));
    }

    EventSpec const* spec_of(Value const& event, Value const& verb) {
        std::string const name = fields_.text(verb, "do");
        if (verb.text() == nullptr) { return nullptr; }
        std::vector<EventSpec const*> fitting;
        std::vector<std::string> verbs;
        for (EventSpec const& one : event_specs()) {
            if (one.verb == name) { fitting.push_back(&one); }
            if (verbs.empty() || verbs.back() != one.verb) { verbs.emplace_back(one.verb); }
        }
        if (fitting.empty()) {
            fields_.complain(verb.at, "no event is called " + quoted(name), way_to(name, verbs));
            return nullptr;
        }
        return fitting.front()->target.empty() ? fitting.front() : fault_of(event, std::move(fitting));
    }

    // A fault is told by what it hits, and by its kind where there are several.
    EventSpec const* fault_of(Value const& event, std::vector<EventSpec const*> fitting) {
        Value const* const with = event.find("with");
        Value const* const target = with == nullptr ? nullptr : with->find("target");
        Value const* const kind = with == nullptr ? nullptr : with->find("kind");
        if (target == nullptr) {
            fields_.complain(with == nullptr ? event.at : with->at, "'fault.on' needs a target",
                             "write with: {target: fleet.link, kind: cell_outage}");
            return nullptr;
        }
        keep(fitting, *target, "target", &EventSpec::target);
        if (!fitting.empty() && kind != nullptr) { keep(fitting, *kind, "kind", &EventSpec::kind); }
        if (fitting.size() > 1) {
            std::string way_out = "one of kind:";
            for (EventSpec const* one : fitting) { way_out += " " + std::string(one->kind); }
            fields_.complain(target->at, quoted(fitting.front()->target) + " can fail in several ways", way_out);
        }
        return fitting.size() == 1 ? fitting.front() : nullptr;
    }

    void keep(std::vector<EventSpec const*>& fitting, Value const& value, std::string_view what,
              std::string_view EventSpec::*member) {
        std::string const name = fields_.text(value, what);
        std::vector<std::string> names;
        for (EventSpec const* one : fitting) { names.emplace_back(one->*member); }
        std::erase_if(fitting, [&](EventSpec const* one) { return one->*member != name; });
        if (!fitting.empty() || value.text() == nullptr) { return; }
        names.erase(std::unique(names.begin(), names.end()), names.end());
        fields_.complain(value.at, "no fault has the " + std::string(what) + " " + quoted(name), way_to(name, names));
    }

    void read_parameters(Value const& event, EventSpec const& spec, PlacedHappening& placed) {
        Value const* const with = event.find("with");
        std::vector<std::string> known;
        if (!spec.target.empty()) { known.assign({"target", "kind"}); }
        if (spec.share != Needed::no) { known.emplace_back("share"); }
        if (!spec.count.empty()) { known.emplace_back(spec.count); }
        if (spec.users != Needed::no) { known.emplace_back("users"); }
        if (with != nullptr && fields_.map(*with, "with", "{name: value}") == nullptr) { return; }
        if (with != nullptr) { fields_.check_keys(*with, "of " + std::string(spec.verb), known); }
        Value const* const count = with == nullptr ? nullptr : with->find(spec.count);
        if (count != nullptr && !spec.count.empty()) {
            placed.what.count = fields_.count(*count, spec.count).value_or(0);
            placed.count_at = count->at;
        } else if (!spec.count.empty()) {
            std::string const name(spec.count);
            fields_.complain(with == nullptr ? event.at : with->at, quoted(spec.verb) + " needs " + quoted(name),
                             "write with: {" + name + ": 200}");
        }
        if (Value const* const share = with == nullptr ? nullptr : with->find("share")) {
            placed.what.share_millionths = fields_.share(*share, "share").value_or(0);
        }
        placed.what.users = spec.users == Needed::no ? 0 : placed.what.count;
        if (Value const* const users = with == nullptr ? nullptr : with->find("users")) {
            read_users(*users, placed.what);
        }
    }

    void read_users(Value const& value, Happening& what) {
        what.users = fields_.count(value, "users").value_or(what.count);
        if (what.users > what.count && what.count != 0) {
            fields_.complain(value.at,
                             std::to_string(what.users) + " users cannot each claim one of " +
                                 std::to_string(what.count) + " devices",
                             "write at most as many users as devices");
        }
    }

    void read_duration(Value const& event, EventSpec const& spec, Happening& what) {
        Value const* const lasts = event.find("for");
        if (lasts == nullptr) {
            if (spec.lasts == Needed::yes) {
                fields_.complain(event.at, quoted(spec.verb) + " does not say how long it lasts", "add for: 20s");
            }
            return;
        }
        if (spec.lasts == Needed::no) {
            return fields_.complain(lasts->at, quoted(spec.verb) + " happens at one instant", "take out for");
        }
        auto const time = fields_.time(*lasts, "for");
        if (!time) { return; }
        what.lasts = *time;
        Duration const end = plan_.phases.end();
        if (end > Duration::zero() && *time > end - what.at) {
            fields_.complain(lasts->at, quoted(what.text) + " would end after the run, which lasts " + load::print(end),
                             "make it shorter, or the last phase longer");
        }
    }

    // "fault.on fleet.link cell_outage share 40% for 20s at hold+2m".
    static std::string text_of(Value const& event) {
        auto const text = [](Value const* value) {
            return value == nullptr || value->text() == nullptr ? std::string() : *value->text();
        };
        std::string out = text(event.find("do"));
        Value const* const with = event.find("with");
        if (with != nullptr && with->map() != nullptr) {
            for (auto const& [name, item] : *with->map()) {
                bool const is_place = name == "target" || name == "kind";
                out += (is_place ? " " : " " + name + " ") + text(&item);
            }
        }
        if (event.find("for") != nullptr) { out += " for " + text(event.find("for")); }
        if (event.find("at") != nullptr) { out += " at " + text(event.find("at")); }
        return out;
    }

    // Follows how many devices can be claimed and unclaimed as the events go by. Which devices are
    // deleted is not known here, so that only what can never work is refused.
    void judge_counts() {
        std::uint64_t claimed = 0;
        std::uint64_t unclaimed = 0;
        for (load::Population const& one : plan_.populations) {
            if (one.fate != load::TokenFate::live) { continue; }
            std::uint64_t const before = one.count * one.preclaimed_millionths / 1'000'000;
            claimed += before;
            unclaimed += one.count - before;
        }
        std::uint64_t live = claimed + unclaimed;
        auto const move = [&](PlacedHappening const& placed, std::uint64_t& from, std::uint64_t& to,
                              std::string_view state) {
            std::uint64_t const count = placed.what.count;
            if (count > from) {
                fields_.complain(placed.count_at,
                                 "at most " + std::to_string(from) + " devices are " + std::string(state) + " then",
                                 "ask for fewer, or change preclaimed or the events before");
            }
            from -= std::min(from, count);
            to += count;
        };
        std::uint64_t deleted = 0;
        for (PlacedHappening const& placed : placed_) {
            switch (placed.what.kind) {
                case Happening::Kind::claim_burst: move(placed, unclaimed, claimed, "unclaimed"); break;
                case Happening::Kind::release:
                case Happening::Kind::disclaim: move(placed, claimed, unclaimed, "claimed"); break;
                case Happening::Kind::delete_token: move(placed, live, deleted, "alive"); break;
                default: break;
            }
        }
    }

    FieldReader& fields_;
    load::LoadPlan const& plan_;
    std::vector<PlacedHappening> placed_;
};

}  // namespace

std::vector<Happening> read_events(FieldReader& fields, Value const& value, load::LoadPlan const& plan) {
    if (fields.list(value, "events", "- {at: hold+2m, do: server.kill}") == nullptr) { return {}; }
    if (value.list()->size() > k_events_max) {
        fields.complain(value.at, "a load run has at most 1000 events", "take some out");
        return {};
    }
    std::size_t const before = fields.complaints();
    EventReader reader(fields, plan);
    for (Value const& item : *value.list()) { reader.add(item); }
    return reader.sorted(fields.complaints() == before && !plan.phases.all().empty());
}

}  // namespace drydock::rig
