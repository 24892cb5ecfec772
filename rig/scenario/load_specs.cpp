#include "rig/scenario/diagnostics.h"
#include "rig/scenario/load_parts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace drydock::rig {

namespace {

constexpr std::size_t k_thresholds_max = 200;
constexpr std::size_t k_steps_max = 1'000;

struct PhaseText {
    std::string_view key;
    std::string load::PhaseSpec::*text;
};
constexpr std::array k_phase_texts{
    PhaseText{"name", &load::PhaseSpec::name},
    PhaseText{"for", &load::PhaseSpec::over},
    PhaseText{"leave", &load::PhaseSpec::leave},
};

struct ArriveText {
    std::string_view key;
    std::string load::ArriveSpec::*text;
};
constexpr std::array k_arrive_texts{
    ArriveText{"from", &load::ArriveSpec::from},
    ArriveText{"to", &load::ArriveSpec::to},
    ArriveText{"burst", &load::ArriveSpec::burst},
    ArriveText{"spacing", &load::ArriveSpec::spacing},
};

struct ThresholdText {
    std::string_view key;
    std::string load::ThresholdSpec::*text;
};
constexpr std::array k_threshold_texts{
    ThresholdText{"metric", &load::ThresholdSpec::metric},
    ThresholdText{"agg", &load::ThresholdSpec::agg},
    ThresholdText{"le", &load::ThresholdSpec::le},
    ThresholdText{"ge", &load::ThresholdSpec::ge},
    ThresholdText{"lt", &load::ThresholdSpec::lt},
    ThresholdText{"gt", &load::ThresholdSpec::gt},
    ThresholdText{"within", &load::ThresholdSpec::within},
    ThresholdText{"abort_after", &load::ThresholdSpec::abort_after},
    ThresholdText{"severity", &load::ThresholdSpec::severity},
    ThresholdText{"phase", &load::ThresholdSpec::phase},
    ThresholdText{"link", &load::ThresholdSpec::link},
};

template <class Texts, class Spec>
void read_texts(FieldReader& fields, Value const& value, Texts const& texts, Spec& spec) {
    for (auto const& row : texts) {
        if (auto const* found = value.find(row.key)) { spec.*row.text = fields.text(*found, row.key); }
    }
}

template <class Texts>
std::vector<std::string> keys_of(Texts const& texts, std::vector<std::string> more = {}) {
    for (auto const& row : texts) { more.emplace_back(row.key); }
    return more;
}

std::optional<load::ArriveSpec> read_arrive(FieldReader& fields, Value const& value) {
    if (fields.map(value, "arrive", "{from: 0/s, to: 20/s}") == nullptr) { return std::nullopt; }
    fields.check_keys(value, "in 'arrive'", keys_of(k_arrive_texts, {"steps"}),
                      {{"rate", "write from: for a constant rate"}});
    load::ArriveSpec arrive;
    read_texts(fields, value, k_arrive_texts, arrive);
    auto const* steps = value.find("steps");
    if (steps == nullptr || fields.list(*steps, "steps", "[{rate: 10/s, for: 30s}]") == nullptr) { return arrive; }
    if (steps->list()->size() > k_steps_max) {
        fields.complain(steps->at, "'arrive' has at most 1000 steps", "make it several phases");
        return arrive;
    }
    for (Value const& item : *steps->list()) {
        load::StepSpec step;
        if (fields.map(item, "a step", "{rate: 10/s, for: 30s}") != nullptr) {
            fields.check_keys(item, "in a step", {"rate", "for"});
            if (auto const* rate = item.find("rate")) { step.rate = fields.text(*rate, "rate"); }
            if (auto const* over = item.find("for")) { step.over = fields.text(*over, "for"); }
        }
        arrive.steps.push_back(std::move(step));
    }
    return arrive;
}

}  // namespace

Position FieldPlaces::of(std::string_view field) const {
    auto const index_in = [&field]() -> std::optional<std::size_t> {
        std::size_t index = 0;
        auto const [end, error] = std::from_chars(field.data() + 1, field.data() + field.size(), index);
        if (error != std::errc{} || end == field.data() + field.size() || *end != ']') { return std::nullopt; }
        field.remove_prefix(static_cast<std::size_t>(end - field.data()) + 1);
        return index;
    };
    if (!field.starts_with(list) || field.substr(list.size()).substr(0, 1) != "[") { return otherwise; }
    field.remove_prefix(list.size());
    auto const first = index_in();
    if (!first || *first >= values.size()) { return otherwise; }
    Value const* at = values[*first];
    while (!field.empty()) {
        Value const* next = nullptr;
        if (field.front() == '[') {
            auto const index = index_in();
            if (index && at->list() != nullptr && *index < at->list()->size()) { next = &(*at->list())[*index]; }
        } else {
            field.remove_prefix(1);
            auto const length = std::min(field.find_first_of(".["), field.size());
            next = at->find(field.substr(0, length));
            field.remove_prefix(length);
        }
        if (next == nullptr) { break; }
        at = next;
    }
    return at->at;
}

void complain(FieldReader& fields, load::Problems const& problems, FieldPlaces const& places) {
    std::vector<std::pair<Position, std::string>> told;
    for (load::Problem const& problem : problems) {
        Position const at = places.of(problem.field);
        // What was wrong with the value itself makes the fleet's reader find nothing there.
        if (!fields.has_complained_at(at)) { told.emplace_back(at, problem.sentence); }
    }
    for (auto& [at, sentence] : told) {
        auto const colon = sentence.rfind(": ");
        std::string const hint = colon == std::string::npos ? std::string() : sentence.substr(colon + 2);
        fields.complain(at, sentence.substr(0, colon), hint);
    }
}

ListedSpecs<load::PhaseSpec> read_phase_specs(FieldReader& fields, Value const& value) {
    ListedSpecs<load::PhaseSpec> phases{"phases", {}, {}};
    std::string const example = "{name: ramp, for: 90s, arrive: {from: 0/s, to: 50/s}}";
    if (fields.list(value, "phases", "- " + example) == nullptr) { return phases; }
    if (value.list()->size() > load::Phases::k_phases_max) {
        fields.complain(value.at, "a load run has at most 100 phases", "take some out");
        return phases;
    }
    for (Value const& item : *value.list()) {
        load::PhaseSpec spec;
        if (fields.map(item, "a phase", example) != nullptr) {
            fields.check_keys(item, "in a phase", keys_of(k_phase_texts, {"arrive", "hold"}));
            read_texts(fields, item, k_phase_texts, spec);
            if (auto const* arrive = item.find("arrive")) { spec.arrive = read_arrive(fields, *arrive); }
            if (auto const* hold = item.find("hold")) { spec.is_hold = fields.boolean(*hold, "hold"); }
        }
        phases.specs.push_back(std::move(spec));
        phases.values.push_back(&item);
    }
    return phases;
}

ListedSpecs<load::ThresholdSpec> read_threshold_specs(FieldReader& fields, Value const& value) {
    ListedSpecs<load::ThresholdSpec> thresholds{"thresholds", {}, {}};
    std::string const example = "{metric: auth.latency, agg: p99, le: 400ms}";
    if (fields.list(value, "thresholds", "- " + example) == nullptr) { return thresholds; }
    if (value.list()->empty() || value.list()->size() > k_thresholds_max) {
        fields.complain(value.at, "a load run has 1 to 200 thresholds", "write - " + example);
        return thresholds;
    }
    std::vector<std::string> names;
    for (load::Metric const& metric : load::all_metrics()) { names.emplace_back(metric.name); }
    for (Value const& item : *value.list()) {
        if (fields.map(item, "a threshold", example) == nullptr) { continue; }
        load::ThresholdSpec spec;
        fields.check_keys(item, "in a threshold", keys_of(k_threshold_texts),
                          {{"from", "times always count from the intended start: leave it out"},
                           {"exclude", "times are as devices feel them, their link included: leave it out"}});
        read_texts(fields, item, k_threshold_texts, spec);
        if (item.find("metric") == nullptr) {
            fields.complain(item.at, "the threshold has no metric", "write " + example);
        } else if (load::find_metric(spec.metric) == nullptr && item.find("metric")->text() != nullptr) {
            std::string way_out = did_you_mean(spec.metric, names);
            if (way_out.empty()) { way_out = "'drydock metrics' lists them"; }
            fields.complain(item.find("metric")->at, "no metric is called '" + spec.metric + "'", std::move(way_out));
        }
        thresholds.specs.push_back(std::move(spec));
        thresholds.values.push_back(&item);
    }
    return thresholds;
}

}  // namespace drydock::rig
